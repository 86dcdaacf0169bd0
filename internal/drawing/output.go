package drawing

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nse-dev/nse/internal/file"
)

// Drawable refuses a file that a flag names, and that is neither SVG nor PNG. No file is all right.
func Drawable(flag, path string) error {
	if ext := filepath.Ext(path); path != "" && ext != ".svg" && ext != ".png" {
		return fmt.Errorf("%s %s: want a name that ends in .svg or .png", flag, path)
	}
	return nil
}

// Output is the file to draw to: the one that --out names, or the name of what is drawn and .svg, in this folder.
func Output(out, what string) (string, error) {
	if out == "" {
		abs, err := filepath.Abs(what)
		return strings.TrimSuffix(filepath.Base(abs), ".json") + ".svg", err
	}
	return out, Drawable("--out", out)
}

// Write draws to a file that the user names, as its ending says.
func Write(path string, svg, png func() ([]byte, error)) error {
	if filepath.Ext(path) == ".png" {
		return file.Make(path, png)
	}
	return file.Make(path, svg)
}
