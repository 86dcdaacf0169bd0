package jsontext

import (
	"strings"
	"testing"
)

// Every value stands where it begins, also behind blanks, characters of several bytes, and keys that come twice.
func TestSpotsAreWhereValuesBegin(t *testing.T) {
	const text = "{ \"ü,:\" : [1,\n\t{\"b\": null}, [] ],\"c\":\"x\",\n \"c\" :-2e3, \"d\": true}\n"
	s := Spots([]byte(text))
	for _, c := range []struct {
		spot *Spot
		want string // what follows
	}{
		{s, "{ "},
		{s.Find("ü,:"), "[1,"},
		{s.Find("ü,:").Items[0], "1,"},
		{s.Find("ü,:").Items[1], `{"b"`},
		{s.Find("ü,:").Items[1].Find("b"), "null"},
		{s.Find("ü,:").Items[2], "[] ]"},
		{s.Find("c"), "-2e3"},
		{s.Find("d"), "true}"},
	} {
		if !strings.HasPrefix(text[c.spot.At:], c.want) {
			t.Errorf("got %q, want %q", text[c.spot.At:], c.want)
		}
	}
	for i, want := range []string{`"ü,:"`, `"c":`, `"c" :`, `"d"`} {
		if at := s.Fields[i].At; !strings.HasPrefix(text[at:], want) {
			t.Errorf("key %d: got %q, want %q", i, text[at:], want)
		}
	}
	if s.Find("d", "e") != nil || s.Find("no", "e") != nil {
		t.Error("found what is not there")
	}
	if got := Position("f.json", []byte(text), s.Find("c").At); got != "f.json:3:7" {
		t.Errorf("got %s", got)
	}
}

// A text that is no JSON ends the walk.
func FuzzSpots(f *testing.F) {
	for _, text := range []string{"", "{", `{"a": [1, }`, `[[[`, `{1: 2}`, `{"a"`} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { Spots([]byte(text)) })
}
