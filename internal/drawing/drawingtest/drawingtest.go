// Package drawingtest checks drawings and charts in tests.
package drawingtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Drawn draws twice and checks that the bytes are equal, which it returns. name and format are the file's name and its
// ending. With NSE_PLOT_DIR it leaves the file in that folder. An error of draw fails the test at once.
func Drawn(t testing.TB, name, format string, draw func() ([]byte, error)) []byte {
	t.Helper()
	file, err := draw()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again, err := draw()
	if err != nil || !bytes.Equal(file, again) {
		t.Errorf("%s.%s: drawn twice, the bytes differ (error %v)", name, format, err)
	}
	if dir := os.Getenv("NSE_PLOT_DIR"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+"."+format), file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// WellFormed checks that an SVG is XML and has finite numbers. name stands for it in errors.
func WellFormed(t testing.TB, name string, svg []byte) {
	t.Helper()
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
		t.Errorf("%s holds a number that is not finite", name)
	}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}
