package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plain is a file of format 1.0 with a header and data.
func plain(header, data string) []byte {
	b := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(header)))...)
	return append(b, header+data...)
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line with %q", err, want)
	}
}

// The files in testdata were written by NumPy 1.24.2 with savez_compressed, savez and save.
func TestReadsWhatNumPyWrites(t *testing.T) {
	b := file(t, "images.npz")
	a, err := ReadArchived(bytes.NewReader(b), int64(len(b)), "arr_0", 12)
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := a.Bytes()
	if want := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}; err != nil || !bytes.Equal(pixels, want) ||
		!slices.Equal(a.Shape, []int{2, 2, 3}) {
		t.Errorf("images of %v: %v, %v", a.Shape, pixels, err)
	}
	b = file(t, "several.npz")
	for name, want := range map[string][]int64{"labels": {-1, 2, 300}, "more": {7, 48}} {
		a, err := ReadArchived(bytes.NewReader(b), int64(len(b)), name, 100)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.Ints(); err != nil || !slices.Equal(got, want) || !slices.Equal(a.Shape, []int{len(want)}) {
			t.Errorf("%s of %v: %v, %v: want %v", name, a.Shape, got, err, want)
		}
		_, err = a.Bytes()
		wantError(t, err, "want unsigned bytes, |u1")
	}
	large, err := ReadArchived(bytes.NewReader(b), int64(len(b)), "large", 100)
	if err != nil {
		t.Fatal(err)
	}
	_, err = large.Ints()
	wantError(t, err, "element 0 is 9223372036854775808: want at most 9223372036854775807")
	five, err := Read(bytes.NewReader(file(t, "scalar.npy")), 2)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := five.Ints(); err != nil || !slices.Equal(got, []int64{5}) || len(five.Shape) != 0 {
		t.Errorf("a scalar of %v: %v, %v", five.Shape, got, err)
	}
	for name, want := range map[string]string{
		"fortran.npy": "header: byte 33: the array is in Fortran order: want C order",
		"fields.npy":  "header: byte 9: elements of several fields: want integers",
		"float.npy":   "header: byte 9: elements are '<f8': want integers, such as '|u1'",
	} {
		_, err := Read(bytes.NewReader(file(t, name)), 100)
		wantError(t, err, want)
	}
}

func TestIntsOfEveryType(t *testing.T) {
	for descr, c := range map[string]struct {
		data string
		want []int64
	}{
		"|u1": {"\x00\xff", []int64{0, 255}},
		"|i1": {"\x7f\xff", []int64{127, -1}},
		"<u2": {"\x01\x02\xff\xff", []int64{0x201, 65535}},
		">i2": {"\x01\x02\xff\xfe", []int64{0x102, -2}},
		"<i4": {"\x01\x00\x00\x80\xff\xff\xff\xff", []int64{-1<<31 + 1, -1}},
		">u4": {"\x80\x00\x00\x01\x00\x00\x00\x02", []int64{1<<31 + 1, 2}},
		">i8": {"\x00\x00\x00\x01\x00\x00\x00\x02\xff\xff\xff\xff\xff\xff\xff\xfd", []int64{1<<32 + 2, -3}},
	} {
		b := plain("{'shape': (2,), 'fortran_order': False, 'descr': '"+descr+"'}\n", c.data)
		a, err := Read(bytes.NewReader(b), 100)
		if err != nil {
			t.Errorf("%s: %v", descr, err)
			continue
		}
		if got, err := a.Ints(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v: want %v", descr, got, err, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	header := func(rest string) []byte { return plain("{'descr': '|u1', 'fortran_order': False, "+rest, "") }
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":     {nil, "truncated: the header is not whole"},
		"magic":     {[]byte("PK\x03\x04 and more"), `it begins with "PK\x03\x04 a": want "\x93NUMPY"`},
		"version":   {[]byte("\x93NUMPY\x04\x00\x00\x00"), "format 4.0: want 1.0, 2.0 or 3.0"},
		"long":      {[]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), "a header of 4294967295 bytes: want at most 10000"},
		"cut":       {[]byte("\x93NUMPY\x01\x00\x76\x00{'descr'"), "truncated: the header is not whole"},
		"no dict":   {plain("[]\n", ""), "header: byte 0: want {"},
		"twice":     {header("'descr': '|u1'}\n"), "header: byte 40: want one each of 'descr'"},
		"missing":   {header("}\n"), "header: byte 42: want 'descr', 'fortran_order' and 'shape'"},
		"unknown":   {header("'order': 1}\n"), "header: byte 40: unknown key 'order'"},
		"order":     {plain("{'fortran_order': 0}\n", ""), "header: byte 17: want True or False"},
		"type":      {plain("{'descr': '|b1'}\n", ""), "header: byte 9: elements are '|b1': want integers"},
		"no shape":  {header("'shape': 3}\n"), "want a shape such as (60000, 28, 28)"},
		"negative":  {header("'shape': (-1,)}\n"), "want a shape such as (60000, 28, 28)"},
		"no tuple":  {header("'shape': (3)}\n"), "want a comma"},
		"one word":  {header("'shape': (3 4)}\n"), "want a comma"},
		"too large": {header("'shape': (3000000000,)}\n"), "want a shape such as (60000, 28, 28)"},
		"many":      {header("'shape': (" + strings.Repeat("1, ", 65) + ")}\n"), "want a shape such as"},
		"no comma":  {plain("{'descr': '|u1' 'fortran_order': False}\n", ""), "header: byte 15: want a comma or }"},
		"no end":    {header("'shape': (1,)}"), "want spaces and the end of the line"},
		"more":      {header("'shape': (1,)} 7\n"), "want spaces and the end of the line"},
		"bomb": {header("'shape': (2000000000, 2000000000, 2000000000)}\n"),
			"an array of [2000000000 2000000000 2000000000] is more than the 100 bytes that there can be"},
		"short": {append(header("'shape': (2, 2)}\n"), 1, 2, 3),
			"truncated: have 3 bytes of data, want 4 for an array of [2 2]"},
		"longer": {append(header("'shape': (2,)}\n"), 1, 2, 3), "longer than the 2 bytes of an array of [2]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(c.b), 100)
			wantError(t, err, c.want)
		})
	}
}

// member is a file of an archive.
type member struct {
	name   string
	method uint16
	data   []byte
}

func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadArchivedRefuses(t *testing.T) {
	one := member{"a.npy", zip.Deflate, plain("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}\n", "\x01\x02")}
	stored := archive(t, member{one.name, zip.Store, one.data})
	damaged := bytes.Replace(stored, []byte("\n\x01\x02"), []byte("\n\x01\x03"), 1)
	unknown := bytes.Clone(stored)
	directory := bytes.Index(unknown, []byte("PK\x01\x02"))
	unknown[8], unknown[directory+10] = 12, 12 // bzip2
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"no archive": {[]byte("\x93NUMPY"), "not an archive of arrays (.npz): zip: not a valid zip file"},
		"no array":   {archive(t, member{"b.npy", zip.Store, nil}), `no array "a" is in it`},
		"two":        {archive(t, one, one), `two arrays are named "a"`},
		"damaged":    {damaged, `array "a": zip: checksum error`},
		"method":     {unknown, `array "a": compression method 12: want stored or deflated`},
		"no npy": {archive(t, member{"a.npy", zip.Deflate, []byte("notanarray")}),
			`array "a": it begins with "notana"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadArchived(bytes.NewReader(c.b), int64(len(c.b)), "a", 100)
			wantError(t, err, c.want)
		})
	}
}

// An archive that announces more than its bytes can hold takes no memory for it.
func TestBombsTakeNoMemory(t *testing.T) {
	header := "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000,)}\n"
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		b := archive(t, member{"a.npy", method, plain(header, "")})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadArchived(bytes.NewReader(b), int64(len(b)), "a", 1<<30)
		runtime.ReadMemStats(&after)
		wantError(t, err, `array "a": an array of [1000000000] is more than the `)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("method %d takes %d bytes", method, taken)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"fortran.npy", "fields.npy", "float.npy", "scalar.npy"} {
		f.Add(file(f, name))
	}
	f.Add(plain("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }  \n", "\x01\x02\x03\x04"))
	f.Add([]byte("\x93NUMPY\x02\x00\x37\x00\x00\x00{'descr': '|u1', 'fortran_order': False, 'shape': (0,)}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(bytes.NewReader(b), 1<<20)
		if err != nil {
			return
		}
		checkArray(t, a, b)
	})
}

// checkArray holds an array against the end of the file that it was read from.
func checkArray(t *testing.T, a Array, b []byte) {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	if len(a.data) != n*a.kind.size || !bytes.HasSuffix(b, a.data) {
		t.Fatalf("%d bytes for %v of %v", len(a.data), a.Shape, a.kind)
	}
	ints, err := a.Ints()
	if err == nil && len(ints) != n {
		t.Fatalf("%d integers for %v", len(ints), a.Shape)
	}
	shape := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(a.Shape)), ", "), "[]")
	if len(a.Shape) == 1 {
		shape += ","
	}
	header := fmt.Sprintf("{'shape': (%s), 'descr': '%v', 'fortran_order': False}\n", shape, a.kind)
	again, err := Read(bytes.NewReader(plain(header, string(a.data))), int64(len(a.data)))
	if err != nil || !slices.Equal(again.Shape, a.Shape) || again.kind != a.kind || !bytes.Equal(again.data, a.data) {
		t.Fatalf("written and read again: %v of %v, %v", again.Shape, again.kind, err)
	}
}

func FuzzReadArchived(f *testing.F) {
	f.Add(file(f, "images.npz"))
	f.Add(file(f, "several.npz"))
	f.Add(archive(f, member{"arr_0.npy", zip.Store, file(f, "scalar.npy")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ReadArchived(bytes.NewReader(b), int64(len(b)), "arr_0", 1<<20)
		if err == nil {
			checkArray(t, a, a.data)
		}
	})
}
