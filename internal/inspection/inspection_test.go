package inspection

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/nse-dev/nse/supernet/data"
)

// scene draws shapes that follow from a number.
func scene(n, w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			u, v := (3*x)*7/w, (3*y)*5/h
			k := uint32(u*31+v*17+n*101) * 2654435761
			m.SetRGBA(x, y, color.RGBA{uint8(k >> 24), uint8(k >> 16), uint8(k >> 9), 255})
		}
	}
	return m
}

func encodePNG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(t *testing.T, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned is a PNG file with an EXIF orientation.
func turned(file []byte, orientation byte) []byte {
	exif := []byte("eXIfII*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	exif = append(exif, orientation, 0, 0, 0, 0, 0, 0, 0)
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(exif)-4))
	chunk = binary.BigEndian.AppendUint32(append(chunk, exif...), crc32.ChecksumIEEE(exif))
	const head = 33 // the signature and the first chunk
	return slices.Concat(file[:head], chunk, file[head:])
}

// folder writes files below a new folder.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// album are n images of a class, with different shapes.
func album(t *testing.T, files map[string][]byte, class string, from, n int) {
	t.Helper()
	for i := range n {
		files[fmt.Sprintf("%s/%02d.png", class, i)] = encodePNG(t, scene(from+i, 64, 48))
	}
}

// problems is a folder of train and test in which everything is wrong that a report names.
func problems(t *testing.T) string {
	t.Helper()
	files := map[string][]byte{}
	album(t, files, "train/cat", 0, 20)
	album(t, files, "train/dog", 100, 8)
	album(t, files, "test/cat", 200, 3)
	album(t, files, "test/dog", 300, 1)
	files["train/dog/like-cat.png"] = files["train/cat/00.png"] // a label that cannot be right
	files["test/cat/known.png"] = files["train/cat/01.png"]     // on both sides
	files["train/cat/again.png"] = files["train/cat/02.png"]    // twice
	small := image.NewRGBA(image.Rect(0, 0, 48, 36))
	draw.BiLinear.Scale(small, small.Rect, scene(3, 64, 48), image.Rect(0, 0, 64, 48), draw.Src, nil)
	files["test/cat/known-small.jpg"] = encodeJPEG(t, small, 80) // alike, on both sides
	files["train/cat/turned.png"] = turned(encodePNG(t, scene(400, 64, 48)), 6)
	files["train/cat/long.png"] = encodePNG(t, scene(401, 129, 20))
	files["train/cat/white.png"] = encodePNG(t, image.NewRGBA64(image.Rect(0, 0, 64, 48)))
	glass := image.NewNRGBA(image.Rect(0, 0, 64, 48))
	draw.Draw(glass, glass.Rect, scene(402, 64, 48), image.Point{}, draw.Src)
	glass.SetNRGBA(3, 3, color.NRGBA{})
	files["train/cat/glass.png"] = encodePNG(t, glass)
	grey := image.NewGray(image.Rect(0, 0, 64, 48))
	draw.Draw(grey, grey.Rect, scene(403, 64, 48), image.Point{}, draw.Src)
	files["train/cat/grey.png"] = encodePNG(t, grey)
	var b bytes.Buffer
	if err := gif.Encode(&b, scene(404, 64, 48), nil); err != nil {
		t.Fatal(err)
	}
	files["train/cat/palette"] = b.Bytes()
	files["train/cat/text.jpg"] = []byte("not an image")
	files["train/dog/cut.png"] = files["train/dog/00.png"][:200]
	files["train/cat/notes.txt"] = []byte("nothing")
	files["train/cat/.hidden.png"] = []byte("nothing")
	files["labels.csv"] = []byte("nothing")
	return folder(t, files)
}

func TestReport(t *testing.T) {
	dir := problems(t)
	r, err := Of(t.Context(), "folder:"+dir, data.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 42 || r.Height != 32 || r.Width != 32 || r.Channels != 3 || r.Coloured != 41 {
		t.Errorf("%d images, %d×%d×%d, %d with colour", r.Images, r.Height, r.Width, r.Channels, r.Coloured)
	}
	wantClasses := []Class{{"cat", 32, 27, 0, 5, 0}, {"dog", 10, 9, 0, 1, 0}}
	if !slices.Equal(r.Classes, wantClasses) || r.Ratio != 3.2 || r.Few != 0 {
		t.Errorf("classes %+v, ratio %g, %d small ones", r.Classes, r.Ratio, r.Few)
	}
	wantSizes := Sizes{Different: 4, Smaller: 1, Elongated: 1, Shorter: 48, Smallest: Size{48, 36, 1},
		Largest: Size{64, 48, 39}, Common: []Size{{64, 48, 39}, {48, 64, 1}, {129, 20, 1}, {48, 36, 1}}}
	if !reflect.DeepEqual(r.Sizes, wantSizes) {
		t.Errorf("sizes %+v, want %+v", r.Sizes, wantSizes)
	}
	if want := []Count{{"PNG", 40}, {"GIF", 1}, {"JPEG", 1}}; !slices.Equal(r.Formats, want) {
		t.Errorf("formats %v", r.Formats)
	}
	wantModes := []Count{{"RGB", 38}, {"RGB of 16 bits with alpha", 1}, {"RGB with alpha", 1}, {"grey", 1},
		{"palette", 1}}
	if !slices.Equal(r.Modes, wantModes) || r.Turned != 1 || r.Transparent != 2 {
		t.Errorf("modes %v, %d turned, %d transparent", r.Modes, r.Turned, r.Transparent)
	}
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	wantLeft := []Left{
		{"files beside the folders of classes", 1, []string{path("labels.csv")}},
		{"files that are no images", 1, []string{path("train/cat/notes.txt")}},
		{"hidden or system files", 1, []string{path("train/cat/.hidden.png")}},
	}
	if !reflect.DeepEqual(r.Left, wantLeft) {
		t.Errorf("left out %+v", r.Left)
	}
	wantUnreadable := Unreadable{2, []data.Unreadable{
		{Name: path("train/cat/text.jpg"), Why: "text, not an image: want PNG, JPEG, WebP, BMP, GIF or TIFF"},
		{Name: path("train/dog/cut.png"), Why: "PNG: invalid format: not enough pixel data"}}}
	if !reflect.DeepEqual(r.Unreadable, wantUnreadable) {
		t.Errorf("unreadable %+v", r.Unreadable)
	}
	if !strings.HasPrefix(r.Refused, "folder: 2 of 45 files cannot be read as images") {
		t.Errorf("refused: %s", r.Refused)
	}
	wantCopies := Groups{3, 6, 1, 1, []Group{
		{2, []string{"cat", "dog"}, []string{"train"}, []Image{
			{path("train/cat/00.png"), "cat", "train"}, {path("train/dog/like-cat.png"), "dog", "train"}}},
		{2, []string{"cat"}, []string{"train", "test"}, []Image{
			{path("train/cat/01.png"), "cat", "train"}, {path("test/cat/known.png"), "cat", "test"}}},
		{2, []string{"cat"}, []string{"train"}, []Image{
			{path("train/cat/02.png"), "cat", "train"}, {path("train/cat/again.png"), "cat", "train"}}},
	}, 1}
	if !reflect.DeepEqual(r.Copies, wantCopies) {
		t.Errorf("copies %+v", r.Copies)
	}
	wantNear := Groups{1, 2, 0, 1, []Group{{2, []string{"cat"}, []string{"train", "test"}, []Image{
		{path("train/cat/03.png"), "cat", "train"}, {path("test/cat/known-small.jpg"), "cat", "test"}}}}, 0}
	if !reflect.DeepEqual(r.Near, wantNear) {
		t.Errorf("alike %+v", r.Near)
	}
	if want := (Plain{1, []Image{{path("train/cat/white.png"), "cat", "train"}}}); !reflect.DeepEqual(r.Plain, want) {
		t.Errorf("of one colour %+v", r.Plain)
	}
	advised(t, r, "mend or delete", "keep each image in one class", "keep each image on one side",
		"look at images on several sides", "crop images", "look at the images of one colour", "think of `background`")
}

// advised checks how the lines of advice begin.
func advised(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if !slices.EqualFunc(r.Advice, want, strings.HasPrefix) {
		t.Errorf("advice:\n%s\nwant lines that begin with\n%s", strings.Join(r.Advice, "\n"), strings.Join(want, "\n"))
	}
}

// With --skip-unreadable nothing is refused, and the text has each finding in a line.
func TestReportAsText(t *testing.T) {
	t.Chdir(problems(t))
	r, err := Of(t.Context(), "folder:.", data.Options{SkipUnreadable: true}, nil)
	if err != nil || r.Refused != "" {
		t.Fatalf("refused: %s (%v)", r.Refused, err)
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := `folder:.: 42 images in 2 classes; networks see 32×32 pixels in colour

class  images  train  validate  test
cat    32      27     0         5
dog    10      9      0         1

sizes: 4, the commonest 64×48 (39), 48×64 (1), 129×20 (1); smallest 48×36, largest 64×48
smaller than 32×32: 1 image
more than twice as long as wide: 1 image
formats: 40 PNG, 1 GIF, 1 JPEG
pixels: 38 RGB, 1 RGB of 16 bits with alpha, 1 RGB with alpha, 1 grey, 1 palette
grey: 1 image, beside 41 with colour
transparent in part: 2 images
turned by EXIF: 1 image
balance: the largest class has 3.2 times as many images as the smallest
cannot be read: 2 files: train/cat/text.jpg (text, not an image: want PNG, JPEG, WebP, BMP, GIF or TIFF); ` +
		`train/dog/cut.png (PNG: invalid format: not enough pixel data)
left out: 1 files beside the folders of classes: labels.csv
left out: 1 files that are no images: train/cat/notes.txt
left out: 1 hidden or system files: train/cat/.hidden.png
copies in different classes: 1 group: train/cat/00.png (cat, train) = train/dog/like-cat.png (dog, train)
copies on different sides: 1 group: train/cat/01.png (cat, train) = test/cat/known.png (cat, test)
copies in one class on one side: 1 group: train/cat/02.png (cat, train) = train/cat/again.png (cat, train)
alike on different sides: 1 group: train/cat/03.png (cat, train) = test/cat/known-small.jpg (cat, test)
of one colour: 1 image: train/cat/white.png (cat, train)

advice:
`
	text, advice, _ := strings.Cut(strings.ReplaceAll(b.String(), `\`, "/"), "advice:\n")
	if text+"advice:\n" != want {
		t.Errorf("text:\n%s\nwant\n%s", text, want)
	}
	if n := strings.Count(advice, "\n- ") + 1; n != len(r.Advice) || n != 6 {
		t.Errorf("%d lines of advice, want 6:\n%s", n, advice)
	}
}

// A data set that cannot be divided is looked at all the same, and so is one that nothing can be held out of.
func TestReportOfWhatASearchRefuses(t *testing.T) {
	files := map[string][]byte{}
	album(t, files, "cat", 0, 12)
	album(t, files, "dog", 100, 1)
	r, err := Of(t.Context(), "folder:"+folder(t, files), data.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := `folder: class "dog" has a single image: want one to train on and one to test`; r.Refused != want {
		t.Errorf("refused: %s, want %s", r.Refused, want)
	}
	if want := []Class{{"cat", 12, 0, 0, 0, 12}, {"dog", 1, 0, 0, 0, 1}}; !slices.Equal(r.Classes, want) || r.Few != 1 {
		t.Errorf("classes %+v, %d small ones", r.Classes, r.Few)
	}
	advised(t, r, "collect images", "look at each class")

	files = map[string][]byte{}
	for _, class := range []string{"a", "b"} {
		album(t, files, "train/"+class, 0, 1)
		album(t, files, "test/"+class, 1, 1)
	}
	r, err = Of(t.Context(), "folder:"+folder(t, files), data.Options{}, nil)
	if want := "data: no image of 2 can be held out: want a class with images that differ"; err != nil ||
		r.Refused != want {
		t.Errorf("refused: %s, want %s (%v)", r.Refused, want, err)
	}
	if r.Copies.AcrossClasses != 2 {
		t.Errorf("copies %+v", r.Copies)
	}
}

// What is wise depends on the size that networks are to see, and on rare colour.
func TestAdviceOnSize(t *testing.T) {
	files := map[string][]byte{}
	for i := range 24 {
		grey := image.NewGray(image.Rect(0, 0, 80, 64))
		draw.Draw(grey, grey.Rect, scene(i, 80, 64), image.Point{}, draw.Src)
		files[fmt.Sprintf("%c/%d.png", 'a'+i%2, i)] = encodePNG(t, grey)
	}
	files["a/colour.png"] = encodePNG(t, scene(99, 80, 64))
	dir := "folder:" + folder(t, files)
	for size, want := range map[int][]string{
		0:  {"think of --size 64: half of the images have at least 64 pixels a side", "store all images as grey"},
		64: {"store all images as grey"},
		80: {"think of a smaller --size: 25 images are enlarged to 80×80", "store all images as grey"},
	} {
		r, err := Of(t.Context(), dir, data.Options{Size: size}, nil)
		if err != nil {
			t.Fatal(err)
		}
		advised(t, r, want...)
	}
}

// Images without files have names by their sides, and nothing is wrong with those that are generated.
func TestReportOfGeneratedImages(t *testing.T) {
	r, err := Of(t.Context(), "generated:120", data.Options{Seed: 3, Size: 16}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 140 || len(r.Classes) != 10 || r.Classes[9] != (Class{"disc-over-cross", 14, 12, 0, 2, 0}) {
		t.Errorf("%d images, %+v", r.Images, r.Classes)
	}
	want := []Count{{"RGB", 140}}
	if !slices.Equal(r.Modes, want) || len(r.Formats) > 0 || r.Sizes.Largest.Width != 16 {
		t.Errorf("modes %v, formats %v, sizes %+v", r.Modes, r.Formats, r.Sizes)
	}
	if r.Refused != "" || r.Copies.Groups+r.Near.Groups+r.Plain.Images+len(r.Advice) > 0 {
		t.Errorf("refused: %s; %+v, %+v, %+v, %q", r.Refused, r.Copies, r.Near, r.Plain, r.Advice)
	}
	if got := (Image{"test 3", "ring", "test"}).String(); got != "test 3 (ring)" {
		t.Errorf("an image is named %s", got)
	}
}

// JSON has lists where nothing was found, and no key is missing.
func TestReportAsJSON(t *testing.T) {
	r, err := Of(t.Context(), "generated:60", data.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields("advice channels classes coloured copies few formats height images left_out modes near " +
		"notes plain ratio sizes spec transparent turned unreadable width")
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("keys %q", keys)
	}
	for key, value := range got {
		if value == nil {
			t.Errorf("%s is null", key)
		}
	}
}

// Of many classes, the largest and the smallest are in the text.
func TestManyClasses(t *testing.T) {
	r := &Report{}
	for i := range 33 {
		r.Classes = append(r.Classes, Class{Name: fmt.Sprintf("c%02d", i), Images: (i * 7) % 33})
	}
	rows := r.classRows()
	if len(rows) != 22 || !strings.HasPrefix(rows[1], "c14\t32\t") || rows[11] != "(13 between these)" ||
		!strings.HasPrefix(rows[21], "c00\t0\t") {
		t.Errorf("%d rows:\n%s", len(rows), strings.Join(rows, "\n"))
	}
}
