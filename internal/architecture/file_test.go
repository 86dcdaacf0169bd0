package architecture

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse/sdk"
)

// A file that people write is read, or refused with its place.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		`{"run": "r", "architectures": [{"name": "a", "ops": [["x"], []]}]}`,
		`{"macro": {"name": "small", "activation": "swish"}, "input": {"height": 8}, "architectures": [{"ops": null}]}`,
		`{"round": 1, "rehearsed": null, "architectures": [null, {"ops": [null]}]}`,
		`{"architectures": [], "architectures": [{"ops": []}]}`,
		`{"macro": {"name": "tiny"}}`, `{"macro": {"activation": 3}}`, `{"run": 3}`, `[]`, `{`,
	} {
		f.Add(text)
	}
	layers := []sdk.Layer{{In: 4, Out: 4, Stride: 1}, {In: 4, Out: 8, Stride: 2}}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parseFile("f.json", []byte(text))
		if err == nil {
			for i := range file.list {
				if _, wrong := file.places(i, layers, []string{"x", "y"}); wrong != nil {
					err = wrong
				}
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f.json:") {
			t.Errorf("%s: %v", text, err)
		}
	})
}

// Operations are in the order of the pool, whatever the order of the file, so that equal architectures are equal.
func TestOperationsTakeThePoolsOrder(t *testing.T) {
	const text = `{"run": "r", "architectures": [{"ops": [["c", "a", "b"], [], ["b"]]}]}`
	file, err := parseFile("dir/f.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	normal := sdk.Layer{In: 4, Out: 4, Stride: 1}
	places, err := file.places(0, []sdk.Layer{normal, normal, normal}, []string{"a", "b", "c"})
	if got := fmt.Sprint(places, file.Names()); err != nil || got != "[[0 1 2] [] [1]] [f-1]" {
		t.Errorf("got %s, %v", got, err)
	}
}

// The run that the user says goes before the one that the file says, and that before the folder's.
func TestRunOfAFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "run.db"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, said, want string }{
		{`{"run": "../other", "architectures": []}`, "mine", "mine"},
		{`{"run": "../other", "architectures": []}`, "", filepath.Join(filepath.Dir(dir), "other")},
		{`{"architectures": []}`, "", dir},
		{`{"macro": {"name": "small"}, "architectures": []}`, "", ""},
	} {
		file, err := parseFile(filepath.Join(dir, "f.json"), []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := file.runOf(c.said); got != c.want {
			t.Errorf("%s, said %q: got %q, want %q", c.text, c.said, got, c.want)
		}
	}
}
