package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// sample is an image of a data set that has all layouts.
type sample struct {
	side, class string
	label       int
	name        string
	png         []byte
}

// samples are ten images each of ant, bee and cat: six to train on, two held out, two to test.
func samples(t *testing.T) (list []sample) {
	t.Helper()
	for i := range 30 {
		m := image.NewGray(image.Rect(0, 0, 12, 8))
		for p := range m.Pix {
			m.Pix[p] = uint8(i*i + p*p*(i+3))
		}
		list = append(list, sample{side: []string{"train", "val", "test"}[max(0, i/3-4)/2%3],
			class: []string{"ant", "bee", "cat"}[i%3], label: i % 3, name: fmt.Sprintf("%02d", i),
			png: encode(t, m, ".png")})
	}
	for i := range list {
		if side := list[i].side; i >= 24 && side != "test" || i < 18 && side != "train" {
			t.Fatalf("image %d is of %s", i, side)
		}
	}
	return list
}

// writeTar writes members, compressed if the name says so.
func writeTar(t *testing.T, path string, members ...string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		h := &tar.Header{Name: members[i], Size: int64(len(members[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, "z") {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(b.Bytes())
		_ = z.Close()
		b = packed
	}
	write(t, path, b.Bytes())
}

// hubRow is a row as the Hugging Face hub has it.
type hubRow struct {
	Image *hubImage `parquet:"img,optional"`
	Label *int64    `parquet:"fine_label,optional"`
	Other int64     `parquet:"coarse_label"`
}

type hubImage struct {
	Bytes []byte  `parquet:"bytes,optional"`
	Path  *string `parquet:"path,optional"`
}

// plainRow is a row of people who have no metadata.
type plainRow struct {
	Class string `parquet:"label,dict"`
	Photo []byte `parquet:"photo"`
}

func writeParquet[T any](t *testing.T, path string, rows []T, o ...parquet.WriterOption) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, append(o, parquet.MaxRowsPerRowGroup(5), parquet.PageBufferSize(300))...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

const hubFeatures = `{"info": {"features": {"img": {"_type": "Image"}, "coarse_label": {"names": ["x"], "_type":
	"ClassLabel"}, "fine_label": {"names": ["ant", "bee", "cat"], "_type": "ClassLabel"}}}}`

// layouts writes the same images in every layout, and lists the specs.
func layouts(t *testing.T, dir string, list []sample) (specs map[string]string) {
	t.Helper()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	header := "\ufeffsplit;class name;extra;file_name\r\n"
	var plain, lines strings.Builder
	shards := map[string][]string{}
	var folders []string
	hub, plainRows := map[string][]hubRow{}, map[string][]plainRow{}
	for i, s := range list {
		file := "photos/" + s.name + ".png"
		write(t, at("table", file), s.png)
		write(t, at("folder", s.side, s.class, s.name+".png"), s.png)
		header += fmt.Sprintf("%s;\"%s\";;photos\\%s.png\r\n", strings.ToUpper(s.side), s.class, s.name)
		fmt.Fprintf(&plain, "%s\t%s\t%s\n", file, s.class, s.side)
		fmt.Fprintf(&lines, `{"objects": {"bbox": [[1, 2]]}, "label": "%s", "file_name": "%s", "split": "%s"}`+"\n",
			s.class, file, s.side)
		shard := fmt.Sprintf("cls-%s-%06d.tar", s.side, i%2)
		shards[shard] = append(shards[shard], "./x/"+s.name+".cls", s.class+"\n", "./x/"+s.name+".PNG", string(s.png),
			"./x/"+s.name+".txt", "a caption")
		shard = filepath.Join(s.side, fmt.Sprintf("%d.tar.gz", i%2))
		shards[shard] = append(shards[shard], s.name+".json", `{"caption": "c", "class": "`+s.class+`"}`,
			s.name+".seg.png", "seg", s.name+".png", string(s.png))
		folders = append(folders, "all/"+s.side+"/"+s.class+"/deep/"+s.name+".2020.png", string(s.png))
		label, path := int64(s.label), s.name
		hub[s.side] = append(hub[s.side], hubRow{&hubImage{s.png, &path}, &label, 0})
		plainRows[s.side] = append(plainRows[s.side], plainRow{s.class, s.png})
	}
	write(t, at("table", "header.csv"), []byte(header))
	write(t, at("table", "plain.csv"), []byte(plain.String()))
	write(t, at("table", "metadata.jsonl"), []byte(lines.String()))
	for name, members := range shards {
		writeTar(t, at("tar", name), members...)
	}
	writeTar(t, at("folders.tar"), folders...)
	for side, rows := range hub {
		name := strings.Replace(side, "val", "validation", 1)
		writeParquet(t, at("hub", "data", name+"-00000-of-00002.parquet"), rows[:4],
			parquet.Compression(&parquet.Snappy), parquet.KeyValueMetadata("huggingface", hubFeatures))
		writeParquet(t, at("hub", "data", name+"-00001-of-00002.parquet"), rows[4:], parquet.Compression(&parquet.Gzip),
			parquet.KeyValueMetadata("huggingface", hubFeatures), parquet.DataPageVersion(2))
		writeParquet(t, at("plain", side, "0000.parquet"), plainRows[side], parquet.Compression(&parquet.Zstd))
	}
	return map[string]string{
		"folder":                     "folder:" + at("folder"),
		"csv with a header":          "csv:" + at("table", "header.csv"),
		"csv without one":            "csv:" + at("table", "plain.csv"),
		"jsonl":                      "jsonl:" + at("table", "metadata.jsonl"),
		"shards with .cls":           "tar:" + at("tar", "cls-{train,val,test}-{000000..000001}.tar"),
		"compressed with .json":      "tar:" + at("tar", "*", "*.tar.gz"),
		"an archive of folders":      "tar:" + at("folders.tar"),
		"parquet of the hub":         "parquet:" + at("hub"),
		"parquet without a metadata": "parquet:" + at("plain", "*", "*.parquet"),
	}
}

// TestLayoutsAreTheSame: the same images are the same set, however they are laid out.
func TestLayoutsAreTheSame(t *testing.T) {
	dir := t.TempDir()
	specs := layouts(t, dir, samples(t))
	want := mustOpen(t, specs["folder"], 0, 8)
	index := want.Index()
	if want.Train.Len() != 18 || want.Validate.Len() != 6 || want.Test.Len() != 6 || want.Channels != 1 {
		t.Fatalf("%d, %d and %d images of %d channels", want.Train.Len(), want.Validate.Len(), want.Test.Len(),
			want.Channels)
	}
	for name, spec := range specs {
		got := mustOpen(t, spec, 0, 8)
		x := got.Index()
		if !slices.Equal(got.Classes, []string{"ant", "bee", "cat"}) || x.Fingerprint() != index.Fingerprint() {
			t.Errorf("%s: classes %q, %s", name, got.Classes, x.Differences(index))
		}
		for i, split := range []Split{got.Train, got.Validate, got.Test} {
			other := []Split{want.Train, want.Validate, want.Test}[i]
			split.Names, other.Names = nil, nil
			if !reflect.DeepEqual(split, other) {
				t.Errorf("%s: part %d has other pixels, labels or digests", name, i)
			}
		}
		if notes := strings.Join(got.Notes, "; "); !strings.Contains(notes, "searches hold out the ") {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// TestRowsThatNameNoImage: a file that is missing and one that is broken are named with the row, and can be left out.
func TestRowsThatNameNoImage(t *testing.T) {
	dir := t.TempDir()
	layouts(t, dir, samples(t))
	file := filepath.Join(dir, "table", "plain.csv")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, append(b, "photos/gone.png\tant\ttrain\n\nnotes.txt\tant\ttrain\n"...))
	write(t, filepath.Join(dir, "table", "notes.txt"), []byte("text"))
	_, err = Open(t.Context(), "csv:"+file, Options{})
	wantError(t, err, "data: csv: 2 of 32 files cannot be read as images, --skip-unreadable goes on without them: "+
		file+":31: "+filepath.Join(dir, "table", "photos", "gone.png")+": no such file or directory; "+
		file+":33: "+filepath.Join(dir, "table", "notes.txt")+": text, not an image")
	set, err := Open(t.Context(), "csv:"+file, Options{SkipUnreadable: true})
	if err != nil || set.Train.Len() != 18 || set.Left.String() != "2 files that cannot be read as images" {
		t.Errorf("%d images, left %s, %v", set.Train.Len(), set.Left, err)
	}
}

// TestListingTellsAndEnds: reading shards tells how far it is, and ends when it is cancelled.
func TestListingTellsAndEnds(t *testing.T) {
	specs := layouts(t, t.TempDir(), samples(t))
	for name, spec := range specs {
		if name == "folder" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		var listed atomic.Int64
		_, err := Open(ctx, spec, Options{Observe: func(p Progress) {
			if p.Stage == "listing" && p.Total == 0 {
				listed.Add(1)
				cancel()
			}
			if p.Stage == "decoding" {
				t.Errorf("%s: went on", name)
			}
		}})
		if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || listed.Load() == 0 {
			t.Errorf("%s: %v, told %d times", name, err, listed.Load())
		}
		cancel()
	}
}
