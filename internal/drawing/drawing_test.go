package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// written is a text of an SVG with the room that it takes, in points from the top left corner.
type written struct {
	words                    string
	left, right, top, bottom float64
}

// disjoint checks that no text leaves the page or touches another one.
func disjoint(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	var all []written
	var width, height float64
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attrs := map[string]string{}
		for _, a := range start.Attr {
			attrs[a.Name.Local] = a.Value
		}
		switch start.Name.Local {
		case "svg":
			if _, err := fmt.Sscanf(attrs["viewBox"], "0 0 %g %g", &width, &height); err != nil {
				t.Fatal(err)
			}
		case "text":
			var words string
			if err := d.DecodeElement(&words, &start); err != nil {
				t.Fatal(err)
			}
			all = append(all, extent(t, attrs, words))
		}
	}
	if len(all) == 0 {
		t.Errorf("%s: no texts", name)
	}
	for i, a := range all {
		if a.left < 0 || a.top < 0 || a.right > width || a.bottom > height {
			t.Errorf("%s: %+v leaves the page of %g×%g", name, a, width, height)
		}
		for _, b := range all[:i] {
			if a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom {
				t.Errorf("%s: %+v overlaps %+v", name, a, b)
			}
		}
	}
}

// extent measures a text element.
func extent(t *testing.T, attrs map[string]string, words string) written {
	t.Helper()
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	_, size, _ := strings.Cut(attrs["style"], "font-size:")
	size, _, _ = strings.Cut(size, "px")
	l := newLettering(vg.Length(number(size)))
	if strings.Contains(attrs["style"], "font-weight:bold") {
		l = l.bold()
	}
	wide := float64(l.wide(words))
	x, y := number(attrs["x"]), number(attrs["y"])
	left := map[string]float64{"start": x, "middle": x - wide/2, "end": x - wide}[attrs["text-anchor"]]
	return written{words, left, left + wide, y - 0.73*number(size), y + 0.2*number(size)}
}
