package nse_test

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse"
)

// album writes two classes of small images that differ, one level of them.
func album(t *testing.T, dir string) {
	t.Helper()
	for n := range 40 {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		for i := range m.Pix {
			m.Pix[i] = uint8(n * (i + 7) * (i + 3))
		}
		path := filepath.Join(dir, []string{"cat", "dog"}[n%2], fmt.Sprint(n, ".png"))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

// A run that was stopped goes on with its images under other names. It does not with other labels or images, and nor do
// a continuation and a retraining. They say what differs.
func TestOtherImagesAreRefused(t *testing.T) {
	dir := alone(t)
	run, photos := filepath.Join(dir, "run"), filepath.Join(dir, "photos")
	album(t, photos)
	s := small(t)
	s.Data.Spec, s.Train.Batch = "folder:"+photos, 8
	ctx, observe := cancelAt(t, inRound(1))
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, s, nse.Options{Observe: observe})
	stopped(t, r, err)

	rename(t, photos, "cat/0.png", "cat/2024/first.png")
	ctx, observe = cancelAt(t, inRound(1))
	r, err = nse.Resume(ctx, run, nse.Options{Observe: observe})
	stopped(t, r, err)

	rename(t, photos, "dog/1.png", "cat/1.png")
	rename(t, photos, "cat/2.png", "../2.png")
	_, resumed := nse.Resume(t.Context(), run, nse.Options{})
	rename(t, photos, "cat/1.png", "dog/1.png")
	rename(t, photos, "../2.png", "cat/2.png")
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	ended(t, r, err)

	rename(t, photos, "dog/1.png", "cat/1.png")
	rename(t, photos, "cat/2.png", "../2.png")
	_, continued := nse.Continue(t.Context(), run, nse.Pool{Ops: kernels()}, 1, nse.Options{})
	_, retrained := nse.Retrain(t.Context(), run, nse.RetrainOptions{Settings: &s}, nse.Options{Ops: kernels()})
	for what, err := range map[string]error{"resume": resumed, "continue": continued, "retrain": retrained} {
		if err == nil {
			t.Errorf("%s: other images are taken", what)
			continue
		}
		for _, part := range []string{
			run + ": the data set folder:" + photos, "has changed since the run was started: ",
			" cat: 1 gone, 1 new", " dog: 1 gone", filepath.Join(photos, "cat", "1.png"), "2.png",
		} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q in it", what, err, part)
			}
		}
	}
}

// The last stage of a search takes the images that it was started with, and no others.
func TestOtherImagesAreRefusedAtTheEnd(t *testing.T) {
	dir := alone(t)
	run, photos := filepath.Join(dir, "run"), filepath.Join(dir, "photos")
	album(t, photos)
	s := concluding(t)
	s.Data.Spec, s.Train.Batch = "folder:"+photos, 8
	ctx, observe := cancelAt(t, func(e nse.Event) bool {
		training, ok := e.(nse.Retraining)
		return ok && training.HeldOut
	})
	r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, s, nse.Options{Observe: observe})
	if stop := stopped(t, r, err); !stop.Final {
		t.Fatalf("stopped before the last stage: %v", stop)
	}
	rename(t, photos, "dog/1.png", "cat/1.png")
	if _, err := nse.Resume(t.Context(), run, nse.Options{}); err == nil ||
		!strings.Contains(err.Error(), "has changed since the run was started: ") {
		t.Errorf("other images: %v", err)
	}
	rename(t, photos, "cat/1.png", "dog/1.png")
	r, err = nse.Resume(t.Context(), run, nse.Options{})
	resultOf(t, ended(t, r, err))
}

// An observer is told of the images before the search begins: what was left out, what is rare, and copies on both
// sides.
func TestRemarksOnImages(t *testing.T) {
	dir := alone(t)
	photos := filepath.Join(dir, "photos")
	album(t, filepath.Join(photos, "train"))
	album(t, filepath.Join(photos, "test"))
	for _, name := range []string{"cat/0.png", "dog/1.png"} { // the dog is not trained on
		b, err := os.ReadFile(filepath.Join(photos, "test", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(photos, "val", filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(photos, "val", name), string(b))
	}
	writeFile(t, filepath.Join(photos, "train", "cat", ".DS_Store"), "x")
	writeFile(t, filepath.Join(photos, "train", "cat", "notes.txt"), "x")
	for n := 1; n < 24; n += 2 {
		if err := os.Remove(filepath.Join(photos, "train", "dog", fmt.Sprint(n, ".png"))); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	o := nse.Options{Observe: func(e nse.Event) {
		if n, ok := e.(nse.Notice); ok {
			said = append(said, fmt.Sprint(n.Warning, " ", n.Text))
		}
	}}
	s := small(t)
	s.Data.Spec, s.Train.Batch = "folder:"+photos, 8
	r, err := nse.Start(t.Context(), filepath.Join(dir, "run"), nse.Pool{Ops: kernels()}, s, o)
	ended(t, r, err)
	for _, want := range []string{
		"false data: left out 1 files that are no images, 1 hidden or system files",
		"true 28 of 40 test images are copies of training images",
		"true 1 of 2 held-out images are copies of training images",
		"true 2 of 40 test images are copies of held-out images",
		"false data: 1 of 2 classes have fewer than 10 training images: dog (8)",
	} {
		if !strings.Contains(strings.Join(said, "\n")+"\n", want+"\n") {
			t.Errorf("%q, want %q", said, want)
		}
	}
}
