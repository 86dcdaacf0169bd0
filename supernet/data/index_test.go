package data

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIndexComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x Index
		for _, class := range rapid.SliceOfN(rapid.StringMatching(`[a-zé "\\]{1,5}`), 0, 20).Draw(t, "classes") {
			x.Rows = append(x.Rows, Row{rapid.SampledFrom([]string{"train", "validate", "test"}).Draw(t, "side"), class,
				rapid.Uint64().Draw(t, "digest"), rapid.String().Draw(t, "name")})
		}
		b, err := x.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeIndex(b)
		if err != nil || !slices.Equal(back.Rows, x.Rows) {
			t.Fatalf("%v becomes %v, %v", x.Rows, back.Rows, err)
		}
		again, _ := back.Encode()
		if !bytes.Equal(again, b) || back.Fingerprint() != x.Fingerprint() || back.Differences(x) != "" {
			t.Fatal("it is another one")
		}
	})
}

// TestFingerprint: of images and labels, and not of their order or names.
func TestFingerprint(t *testing.T) {
	set := &Set{Classes: []string{"a", "b"}, Train: Split{Labels: []int32{0, 1, 1}, Digests: []uint64{1, 2, 3}},
		Test: Split{Labels: []int32{0}, Digests: []uint64{4}}}
	was := set.Index()
	f := was.Fingerprint()
	set.Train = Split{Labels: []int32{1, 1, 0}, Digests: []uint64{3, 2, 1}, Names: []string{"x", "y", "z"}}
	if x := set.Index(); x.Fingerprint() != f || x.Differences(was) != "" {
		t.Errorf("another order has %+v, was %+v", x.Fingerprint(), f)
	}
	if f.Train.Images != 3 || f.Test.Images != 1 || f.Validate != (Sum{}) || len(f.Train.SHA256) != 64 {
		t.Errorf("%+v", f)
	}
	set.Train.Labels[0], set.Train.Digests[2] = 0, 9
	x := set.Index()
	if g := x.Fingerprint(); g.Train == f.Train || g.Test != f.Test {
		t.Errorf("%+v, was %+v", g, f)
	}
	const want = "train a: 1 gone, 2 new; train b: 1 gone (x, z)"
	if got := x.Differences(was); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDecodeIndexRefuses(t *testing.T) {
	var x Index
	good, _ := x.Encode()
	if _, err := DecodeIndex(good[:len(good)-4]); err == nil {
		t.Error("a cut list is read")
	}
	if _, err := DecodeIndex([]byte("side\tclass")); err == nil || !strings.Contains(err.Error(), "gzip") {
		t.Error(err)
	}
}
