package parquet

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	writer "github.com/parquet-go/parquet-go"

	"github.com/nse-dev/nse/supernet/data/listing"
)

// bytesOf is a file of rows.
func bytesOf[T any](t testing.TB, rows []T, o ...writer.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := writer.NewGenericWriter[T](&b, o...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type picture struct {
	Bytes []byte `parquet:"bytes,optional"`
	Path  string `parquet:"path"`
}

type hub struct {
	Tags  []int32  `parquet:"tags,list"`
	Image *picture `parquet:"image,optional"`
	Label *int32   `parquet:"label,optional"`
}

// hubRows have no image in each row of 7, and no label in each of 5 and 6.
func hubRows(n int) (rows []hub) {
	for i := range n {
		label := int32(i%3 - 1)
		r := hub{Image: &picture{fmt.Appendf(nil, "image %d %s", i, strings.Repeat("x", i%50)), "p"}, Label: &label}
		if i%7 == 6 {
			r.Image.Bytes = nil
		}
		if i%14 == 6 {
			r.Image = nil
		}
		if i%5 == 4 {
			r.Label = nil
		}
		rows = append(rows, r)
	}
	return rows
}

const names = `{"info": {"features": {"label": {"names": ["zebra", "ant", "none"], "_type": "ClassLabel"},
	"tags": [{"x": 1}]}}}`

func list(t testing.TB, files map[string][]byte) (listing.Listing, error) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return List(t.Context(), dir, listing.Options{})
}

// TestListReadsTheHub: rows with labels are images, whatever the pages are.
func TestListReadsTheHub(t *testing.T) {
	rows := hubRows(500)
	var want, classes []string
	for i, r := range rows {
		if r.Label == nil || *r.Label < 0 {
			continue
		}
		text := "no bytes in it"
		if r.Image != nil && r.Image.Bytes != nil {
			text = string(r.Image.Bytes)
		}
		want = append(want, fmt.Sprintf("row %d %s", i, text))
		classes = append(classes, []string{"zebra", "ant"}[*r.Label])
	}
	for name, o := range map[string][]writer.WriterOption{
		"plain":        {writer.DefaultEncoding(&writer.Plain)},
		"dictionaries": {writer.DefaultEncoding(&writer.RLEDictionary), writer.Compression(&writer.Snappy)},
		"lengths":      {writer.Compression(&writer.Zstd)},
		"version 2": {writer.DataPageVersion(2), writer.Compression(&writer.Gzip),
			writer.DefaultEncoding(&writer.Plain)},
		"version 2, too": {writer.DataPageVersion(2), writer.DefaultEncoding(&writer.RLEDictionary)},
	} {
		o = append(o, writer.KeyValueMetadata("huggingface", names), writer.MaxRowsPerRowGroup(130),
			writer.PageBufferSize(1000))
		l, err := list(t, map[string][]byte{"x-test.parquet": bytesOf(t, rows, o...),
			"y.parquet": bytesOf(t, rows[:5], o...)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, p := range l.Parts[:len(l.Parts)-1] {
			p.Read(func(i int, b []byte, err error) bool {
				_, row, _ := strings.Cut(l.Entries[i].Name, ".parquet ")
				if err != nil {
					b = []byte(err.Error())
				}
				if i != len(got) || l.Classes[l.Entries[i].Class] != classes[i] || l.Entries[i].Side != listing.Test {
					t.Errorf("%s: entry %d is %s of %d", name, i, l.Classes[l.Entries[i].Class], l.Entries[i].Side)
				}
				got = append(got, row+" "+string(b))
				return true
			})
		}
		if !slices.Equal(got, want) || len(l.Parts) != 5 || l.Entries[len(want)].Side != listing.Train {
			t.Errorf("%s: %d images in %d parts, want %d", name, len(got), len(l.Parts), len(want))
		}
		left := fmt.Sprintf("%d images without a label", 500+5-len(l.Entries))
		if !slices.Equal(l.Classes, []string{"ant", "zebra"}) || l.Left.String() != left {
			t.Errorf("%s: classes %q, left %s", name, l.Classes, l.Left)
		}
		if notes := strings.Join(l.Notes, "; "); !strings.HasPrefix(notes, `images are in the column "image", `+
			`labels in the column "label"; 1 classes of the metadata have no image: "none"`) {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// TestListChoosesColumns: by their names, by the metadata, and by being the only ones.
func TestListChoosesColumns(t *testing.T) {
	type byName struct {
		Mask  []byte `parquet:"mask"`
		Img   []byte `parquet:"Img"`
		Fine  int64  `parquet:"fine_label"`
		Class bool   `parquet:"other"`
	}
	type byMetadata struct {
		Front []byte `parquet:"front"`
		Back  []byte `parquet:"back"`
		A     int64  `parquet:"a"`
		B     int64  `parquet:"b"`
	}
	type alone struct {
		Data []byte `parquet:"data"`
		Kind bool   `parquet:"kind"`
	}
	a, b := []byte("a"), []byte("b")
	for want, file := range map[string][]byte{
		`images are in the column "Img", labels in the column "fine_label" 10:b 9:b`: bytesOf(t,
			[]byName{{a, b, 9, true}, {a, b, 10, true}}),
		`images are in the column "back", labels in the column "b" x:b y:b`: bytesOf(t,
			[]byMetadata{{a, b, 7, 1}, {a, b, 7, 0}}, writer.KeyValueMetadata("huggingface", `{"info": {"features": {
			"back": {"_type": "Image"}, "a": {"_type": "Value"},
			"b": {"_type": "ClassLabel", "names": ["x", "y"]}}}}`)),
		`images are in the column "data", labels in the column "kind" 0:a 1:b`: bytesOf(t,
			[]alone{{a, false}, {b, true}}),
		`error one called image, of bytes, or of bytes and path; have "front", "back", "a", "b"`: bytesOf(t,
			[]byMetadata{{a, b, 7, 1}}),
		`error no column with labels: want one called label, of numbers or text; have "image"`: bytesOf(t, []struct {
			Image []byte `parquet:"image"`
		}{{a}}),
		`error column "label", row 1: the label 2: want 0..1`: bytesOf(t, []struct {
			Image []byte `parquet:"image"`
			Label int64  `parquet:"label"`
		}{{a, 0}, {a, 2}}, writer.KeyValueMetadata("huggingface",
			`{"info": {"features": {"label": {"_type": "ClassLabel", "names": ["x", "y"]}}}}`)),
		`error column "label": two classes have the same name`: bytesOf(t, []struct {
			Image []byte `parquet:"image"`
			Label int64  `parquet:"label"`
		}{{a, 0}}, writer.KeyValueMetadata("huggingface",
			`{"info": {"features": {"label": {"_type": "ClassLabel", "names": ["x", "x"]}}}}`)),
	} {
		l, err := list(t, map[string][]byte{"a.parquet": file})
		if fault, is := strings.CutPrefix(want, "error "); is {
			if err == nil || !strings.HasSuffix(err.Error(), fault) {
				t.Errorf("%v, want %s", err, fault)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v, want %s", err, want)
			continue
		}
		got := l.Notes[:1]
		for _, p := range l.Parts {
			p.Read(func(i int, b []byte, err error) bool {
				got = append(got, l.Classes[l.Entries[i].Class]+":"+string(b))
				return true
			})
		}
		slices.Sort(got[1:])
		if strings.Join(got, " ") != want {
			t.Errorf("%s, want %s", strings.Join(got, " "), want)
		}
	}
}

// TestListRefuses says what is wrong with a file.
func TestListRefuses(t *testing.T) {
	good := bytesOf(t, hubRows(50), writer.Compression(&writer.Snappy))
	n := len(good)
	long := slices.Clone(good)
	binary.LittleEndian.PutUint32(long[n-8:], 0xfffffff0)
	for want, b := range map[string][]byte{
		"a.parquet: not a Parquet file":                            []byte("text, and more of it"),
		"a.parquet: cut off at byte 500: a Parquet file ends with": good[:500],
		"a.parquet: metadata of 4294967280 bytes in a file of":     long,
		"a.parquet: an encrypted Parquet file":                     append(slices.Clone(good[:n-4]), "PARE"...),
		"a.parquet: broken metadata": []byte(
			"PAR1" + strings.Repeat("\x00", 20) + "\x04\x00\x00\x00PAR1"),
		"a.parquet: no files *.parquet in it": nil,
	} {
		files := map[string][]byte{"a.parquet": b}
		if b == nil {
			files, want = nil, ": no files *.parquet in it"
		}
		_, err := list(t, files)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := list(t, map[string][]byte{"a.parquet": bytesOf(t, make([]struct {
		Image []byte `parquet:"image,optional,dict"`
		Label int64  `parquet:"label,dict"`
	}, 100_000))})
	if err == nil || !strings.Contains(err.Error(), ": no images are so small") {
		t.Errorf("many rows: %v", err)
	}
	type other struct {
		Image []byte `parquet:"image,delta"`
		Label int64  `parquet:"label"`
	}
	for want, b := range map[string][]byte{
		`images in column "image": not supported: values of encoding 7: want PLAIN`: bytesOf(t, []other{{good, 1}},
			writer.DefaultEncodingFor(writer.ByteArray, &writer.DeltaByteArray)),
		`images in column "image": not supported: pages compressed by BROTLI: want SNAPPY`: bytesOf(t,
			hubRows(50), writer.Compression(&writer.Brotli)),
	} {
		_, err = list(t, map[string][]byte{"a.parquet": b})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err = list(t, map[string][]byte{"a.parquet": good, "b.parquet": bytesOf(t, []struct {
		Image []byte `parquet:"image"`
		Class int64  `parquet:"class"`
	}{{nil, 1}})})
	if err == nil || !strings.Contains(err.Error(), `a.parquet has the columns "image" and "label", `) {
		t.Errorf("other columns: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.parquet"), good, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := List(ctx, dir, listing.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestImagesThatAreBroken: where a page cannot be read, each image from there on says so.
func TestImagesThatAreBroken(t *testing.T) {
	good := bytesOf(t, hubRows(50), writer.DefaultEncoding(&writer.Plain), writer.PageBufferSize(200))
	at := bytes.Index(good, []byte("image 30 "))
	binary.LittleEndian.PutUint32(good[at-4:], 1<<31) // its length
	l, err := list(t, map[string][]byte{"a.parquet": good})
	if err != nil {
		t.Fatal(err)
	}
	whole, broken := 0, 0
	l.Parts[0].Read(func(i int, b []byte, err error) bool {
		switch {
		case errors.Is(err, errPage):
			broken++
		case broken > 0:
			t.Errorf("entry %d is read again", i)
		default:
			whole++
		}
		return true
	})
	if whole+broken != len(l.Entries) || broken < 5 || whole < 5 {
		t.Errorf("%d images and %d that are broken, of %d", whole, broken, len(l.Entries))
	}
}

// TestPagesThatLie need no more memory than they have bytes.
func TestPagesThatLie(t *testing.T) {
	tiny, nested := make([]byte, 10), bytes.Repeat([]byte{0x1c}, 1<<20)
	for want, read := range map[string]func() error{
		"1000000 bytes": func() error {
			_, err := (&pages{chunk: chunk{codec: 0}}).unpack(tiny, 1_000_000)
			return err
		},
		"Snappy": func() error {
			_, err := (&pages{chunk: chunk{codec: 1}}).unpack(append(binary.AppendUvarint(nil, 1<<30), tiny...), 1<<30)
			return err
		},
		"a dictionary": func() error { return (&pages{}).readDictionary(tiny, 1<<30) },
		"bits": func() error {
			_, err := newHybrid([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2}, 32).next()
			return err
		},
		"lengths": func() error {
			b := binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(nil, 1<<30), 1), 1<<30)
			_, err := (&pages{chunk: chunk{count: 3}}).deltaLength(append(b, tiny...))
			return err
		},
		"a list": func() error {
			_, _, err := readStruct(append([]byte{0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07}, tiny...))
			return err
		},
		"structs in structs": func() error {
			_, _, err := readStruct(nested)
			return err
		},
	} {
		if err := read(); err == nil {
			t.Errorf("%s: no error", want)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_ = read()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<16 {
			t.Errorf("%s: %d bytes", want, n)
		}
	}
}

// TestPagesOfAChunk: they have as many values as it says.
func TestPagesOfAChunk(t *testing.T) {
	page := "\x15\x00\x15\x10\x15\x10\x2c\x15\x04\x15\x00\x15\x06\x15\x06\x00\x00" + // two plain values in 8 bytes
		"\x07\x00\x00\x00\xff\xff\xff\xff"
	for count, want := range map[int64]string{
		2: "[7 -1] <nil>",
		4: "[7 -1 7 -1] <nil>",
		1: "[] more than the 1 values that its column should have",
		3: "[7 -1] more than the 3 values that its column should have",
		5: "[7 -1 7 -1] fewer values than its column should have",
	} {
		c := chunk{leaf: leaf{kind: typeInt32}, count: count, size: int64(2 * len(page))}
		got := []int64{}
		err := c.values(strings.NewReader(page+page), func(v value) bool {
			got = append(got, v.number)
			return true
		})
		if text := fmt.Sprint(got, " ", err); text != want {
			t.Errorf("%d: %s, want %s", count, text, want)
		}
	}
}

// TestDeltas decodes the example of the format's description, and what has a width of 0.
func TestDeltas(t *testing.T) {
	// 7, 5, 3, 1, 2, 3, 4, 5: differences -2 (least) + 0 0 0 3 3 3 3, in 2 bits.
	b := []byte{0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0, 0b11_00_00_00, 0b00_11_11_11, 0, 0, 0, 0, 0, 0}
	d, err := newDeltas(append(b, "rest"...))
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for range 8 {
		v, err := d.next()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, v)
	}
	if !slices.Equal(got, []int64{7, 5, 3, 1, 2, 3, 4, 5}) || string(d.b) != "rest" {
		t.Errorf("%v, and %q is left", got, d.b)
	}
	if _, err := d.next(); err == nil {
		t.Error("a ninth")
	}
}

// FuzzList: a file is refused, or every image in it is read or refused.
func FuzzList(f *testing.F) {
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	for _, o := range [][]writer.WriterOption{
		{writer.DefaultEncoding(&writer.Plain)},
		{writer.DefaultEncoding(&writer.RLEDictionary), writer.Compression(&writer.Snappy)},
		{writer.DataPageVersion(2), writer.Compression(&writer.Zstd)},
		{writer.Compression(&writer.Gzip), writer.KeyValueMetadata("huggingface", names)},
	} {
		f.Add(bytesOf(f, hubRows(8), append(o, writer.PageBufferSize(100))...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := list(t, map[string][]byte{"a.parquet": b})
		if err != nil {
			return
		}
		next := 0
		for _, p := range l.Parts {
			p.Read(func(i int, _ []byte, _ error) bool {
				if i != next {
					t.Fatalf("entry %d, want %d", i, next)
				}
				next++
				return true
			})
		}
		if next != len(l.Entries) || len(l.Classes) < 2 {
			t.Errorf("%d of %d entries of %d classes", next, len(l.Entries), len(l.Classes))
		}
	})
}
