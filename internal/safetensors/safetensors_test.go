package safetensors

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/internal/reference"
)

func TestEncodeIsTheFormat(t *testing.T) {
	f := &File{
		Metadata: map[string]string{"z": "1", "a": "<2>"},
		Tensors:  []Tensor{NewFloat32("w", []int{2, 1}, []float32{1, -2}), New("n", nil, []int64{-1})},
	}
	got, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	header := `{"__metadata__":{"a":"\u003c2\u003e","z":"1"},` +
		`"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}`
	header += strings.Repeat(" ", -len(header)&7)
	want := string([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}) + header +
		"\x00\x00\x80\x3f\x00\x00\x00\xc0" + strings.Repeat("\xff", 8)
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &File{}
		if m := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata"); len(m) > 0 {
			f.Metadata = m
		}
		names := rapid.SliceOfNDistinct(rapid.String(), 0, 5, rapid.ID).Draw(t, "names")
		for _, name := range names {
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 3).Draw(t, "shape")
			n := 1
			for _, d := range shape {
				n *= d
			}
			v := rapid.SliceOfN(rapid.Int64(), n, n).Draw(t, "v")
			f.Tensors = append(f.Tensors, New(name, shape, v))
		}
		b, err := f.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if !sameContent(f, back) {
			t.Fatalf("got %v, want %v", back, f)
		}
	})
}

func TestFloat32sKeepEveryBit(t *testing.T) {
	want := []float32{0, float32(math.Copysign(0, -1)), 1e-45, math.MaxFloat32, float32(math.Inf(-1)),
		math.Float32frombits(0x7fc12345)}
	got, err := NewFloat32("x", []int{6}, want).Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("element %d: %x, want %x", i, math.Float32bits(got[i]), math.Float32bits(want[i]))
		}
	}
	if _, err := New("n", nil, []int64{1}).Float32s(); err == nil ||
		!strings.Contains(err.Error(), `"n" is I64, not F32`) {
		t.Errorf("I64 as F32: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	const w = `"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	cases := []struct{ name, header, data, want string }{
		{"not an object", `[]`, "", "not a JSON object"},
		{"cut JSON", `{` + w, "0123", "does not end"},
		{"trailing", `{} {}`, "", "something follows"},
		{"not UTF-8", "{\"\xff\":1}", "", "not UTF-8"},
		{"twice", `{` + w + `,` + w + `}`, "0123", `"w" stands there twice`},
		{"metadata of numbers", `{"__metadata__":{"a":1}}`, "", `"__metadata__": json: cannot unmarshal number`},
		{"unknown field", `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":1}}`, "0123",
			`unknown field "stride"`},
		{"no shape", `{"w":{"dtype":"F32","data_offsets":[0,4]}}`, "0123", "want a shape"},
		{"one offset", `{"w":{"dtype":"F32","shape":[1],"data_offsets":[4]}}`, "0123", "want a shape"},
		{"backwards", `{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, "0123", "want a shape"},
		{"negative dimension", `{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, "0123",
			"shape [-1] has no size"},
		{"overflow", `{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, "", "has no size"},
		{"dtype", `{"w":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, "0123", `unknown dtype "F31"`},
		{"length", `{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, "0123", "F32 [2] needs 8 bytes, has 4"},
		{"hole", `{"w":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, "0123", "begins at byte 2"},
		{"overlap",
			`{"v":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"w":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`,
			"0123", "begins at byte 2"},
		{"truncated data", `{` + w + `}`, "012", "data truncated: have 3 bytes, want 4"},
		{"rest", `{` + w + `}`, "01234", "1 bytes follow"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := append([]byte{byte(len(c.header)), 0, 0, 0, 0, 0, 0, 0}, c.header+c.data...)
			_, err := Decode(b)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	for b, want := range map[string]string{
		"1234567":                                 "too few",
		"\x09\x00\x00\x00\x00\x00\x00\x00{}":      "have 2 bytes, want 9",
		"\xff\xff\xff\xff\xff\xff\xff\xff{}":      "over the limit",
		"\x01\xe1\xf5\x05\x00\x00\x00\x00{}":      "over the limit", // 100 000 001
		"\x00\x00\x00\x00\x00\x00\x00\x00trailed": "not a JSON object",
	} {
		if _, err := Decode([]byte(b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", b, err, want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	x := NewFloat32("x", []int{1}, []float32{1})
	for want, f := range map[string]File{
		`"x" is not a name`:            {Tensors: []Tensor{x, x}},
		`"__metadata__" is not a name`: {Tensors: []Tensor{NewFloat32("__metadata__", nil, []float32{1})}},
		`"\xff" is not a name`:         {Tensors: []Tensor{NewFloat32("\xff", nil, []float32{1})}},
		"needs 8 bytes, has 4":         {Tensors: []Tensor{NewFloat32("x", []int{2}, []float32{1})}},
		`metadata "k" is not UTF-8`:    {Metadata: map[string]string{"k": "\xff"}},
	} {
		if _, err := f.Encode(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	good := &File{Tensors: []Tensor{NewFloat32("x", []int{1}, []float32{1})}}
	elsewhere := filepath.Join(t.TempDir(), "precious") // a link to it must not be followed
	if err := os.Symlink(elsewhere, path+".tmp"); err != nil {
		t.Fatal(err)
	}
	if err := good.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(elsewhere); err == nil {
		t.Error("another file was written")
	}
	bad := &File{Tensors: []Tensor{NewFloat32("x", []int{2}, []float32{1})}}
	if err := bad.WriteFile(path); err == nil {
		t.Fatal("a tensor of the wrong length was written")
	}
	back, err := ReadFile(path)
	if err != nil || !sameContent(good, back) {
		t.Fatalf("after a failed write: %v, %v", back, err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%v left behind", files)
	}
	if _, err := ReadFile(path + ".none"); err == nil || !strings.Contains(err.Error(), "w.safetensors.none") {
		t.Errorf("missing file: %v", err)
	}
}

// TestGolden re-encodes tensors that were written by the reference implementation.
func TestGolden(t *testing.T) {
	for _, path := range reference.Cases(t) {
		f, err := ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		b, err := f.Encode()
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		back, err := Decode(b)
		if err != nil || !sameContent(f, back) {
			t.Errorf("%s: content differs after encoding again (%v)", path, err)
		}
		if len(f.Tensors) < 10 || f.Metadata["kind"] == "" {
			t.Errorf("%s: %d tensors, metadata %v", path, len(f.Tensors), f.Metadata)
		}
	}
}

func FuzzDecode(f *testing.F) {
	small, err := (&File{Metadata: map[string]string{"a": "b"},
		Tensors: []Tensor{NewFloat32("x", []int{1}, []float32{1})}}).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Decode(b)
		if err != nil {
			return
		}
		again, err := file.Encode()
		if err != nil {
			t.Fatalf("decoded but not encoded: %v", err)
		}
		back, err := Decode(again)
		if err != nil || !sameContent(file, back) {
			t.Fatalf("got %v (%v), want %v", back, err, file)
		}
	})
}

func sameContent(a, b *File) bool {
	if len(a.Tensors) != len(b.Tensors) || len(a.Metadata) != len(b.Metadata) {
		return false
	}
	for k, v := range a.Metadata {
		if w, ok := b.Metadata[k]; !ok || v != w {
			return false
		}
	}
	for i, t := range a.Tensors {
		u := b.Tensors[i]
		if t.Name != u.Name || t.DType != u.DType || !reflect.DeepEqual(t.Shape, u.Shape) ||
			string(t.Data) != string(u.Data) {
			return false
		}
	}
	return true
}
