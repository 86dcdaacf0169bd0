package tomlpos

import (
	"fmt"
	"strings"
	"testing"
)

const text = "\ufeffa = 1 # one\n" +
	"ä.b = { c = [1, 'x'], \"d.e\".f = \"\"\"\n\"\"\" }\n" +
	"[g.h]\n" +
	"i = 2026-01-02\n" +
	"[[k]]\n" +
	"l = ''\n" +
	"[[k]]\n" +
	"  l = []\n"

// Of each value, the positions of its key, of the last part of its key, and of itself.
func TestLocate(t *testing.T) {
	root := Locate(text)
	k := root.Find("k").Items
	for _, c := range []struct {
		spot *Spot
		want string
	}{
		{root.Find("a"), "1:1 1:1 1:5"},
		{root.Find("ä"), "2:1 2:1 2:1"},
		{root.Find("ä", "b"), "2:1 2:3 2:7"},
		{root.Find("ä", "b", "c"), "2:9 2:9 2:13"},
		{root.Find("ä", "b", "c").Items[1], "2:17 2:17 2:17"},
		{root.Find("ä", "b", "d.e", "f"), "2:23 2:29 2:33"},
		{root.Find("g"), "4:1 4:2 4:1"},
		{root.Find("g", "h"), "4:1 4:4 4:1"},
		{root.Find("g", "h", "i"), "5:1 5:1 5:5"},
		{k[0].Find("l"), "7:1 7:1 7:5"},
		{k[1], "8:1 8:3 8:1"},
		{k[1].Find("l"), "9:3 9:3 9:7"},
	} {
		var got []string
		for _, offset := range []int{c.spot.Key, c.spot.Name, c.spot.At} {
			line, column := Position(text, offset)
			got = append(got, fmt.Sprintf("%d:%d", line, column))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if root.Find("ä", "none", "more") != nil || root.Find() != root {
		t.Error("a key that is not there was found, or the root was not")
	}
}

// Whatever the text, Locate ends, and its positions lie in the text.
func FuzzLocate(f *testing.F) {
	f.Add(text)
	f.Add("[[[")
	f.Add("a = [{b = '")
	f.Add("a.\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		var walk func(s *Spot)
		walk = func(s *Spot) {
			if s.Key > len(text) || s.Name > len(text) || s.At > len(text) {
				t.Fatalf("%+v in %d bytes", s, len(text))
			}
			for _, f := range s.Fields {
				walk(f)
			}
			for _, i := range s.Items {
				walk(i)
			}
		}
		walk(Locate(text))
	})
}
