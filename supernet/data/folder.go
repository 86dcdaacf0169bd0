package data

import (
	"cmp"
	"fmt"
	"image"
	_ "image/jpeg" // decoders for image.Decode
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sourcegraph/conc/iter"
	"golang.org/x/image/draw"
)

const (
	folderSize = 32          // pixels a side, when none is asked for
	maxPixels  = 100_000_000 // of one image file
)

const folderWant = "DIR/CLASS/*.png, or DIR/train/CLASS/*.png and DIR/test/CLASS/*.png (or .jpg, .jpeg)"

// openFolder reads one directory of PNG and JPEG files a class. Without dir/train and dir/test, a fifth of every
// class, the same in every run, is the test split. The set is grey if every file is.
func openFolder(dir string, _ uint64, size int) (*Set, error) {
	if err := checkDir("folder", dir, folderWant); err != nil {
		return nil, err
	}
	set, err := readFolder(dir, cmp.Or(size, folderSize))
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	return set, nil
}

func readFolder(dir string, size int) (*Set, error) {
	classes, train, test, err := listFolder(dir)
	if err != nil {
		return nil, err
	}
	all, grey, err := decodeFiles(append(slices.Clip(train), test...), size)
	if err != nil {
		return nil, err
	}
	set := &Set{Height: size, Width: size, Channels: 3, Classes: classes}
	if grey {
		set.Channels = 1
		all.dropColour()
	}
	if test == nil {
		set.Train, set.Test, err = all.Hold(all.Len()/5, 0)
		return set, err
	}
	set.Train, set.Test = all.cut(len(train))
	return set, nil
}

// file is one image of a folder.
type file struct {
	path  string
	class int32
}

// listFolder finds the classes and the files. Without a folder of its own, test is nil.
func listFolder(dir string) (classes []string, train, test []file, err error) {
	trainDir, testDir := filepath.Join(dir, "train"), filepath.Join(dir, "test")
	if checkDir("", trainDir, "") != nil || checkDir("", testDir, "") != nil {
		classes, train, err = listClasses(dir)
		if err == nil && len(train) < 5 {
			err = fmt.Errorf("%s: %d images are too few to hold a fifth for testing", dir, len(train))
		}
		return classes, train, nil, err
	}
	if classes, train, err = listClasses(trainDir); err != nil {
		return nil, nil, nil, err
	}
	testClasses, test, err := listClasses(testDir)
	if err == nil && !slices.Equal(classes, testClasses) {
		err = fmt.Errorf("%s: classes %s differ from those of train: %s", testDir, strings.Join(testClasses, ", "),
			strings.Join(classes, ", "))
	}
	return classes, train, test, err
}

// listClasses lists the images of every class directory of dir, in the order of their names.
func listClasses(dir string) (classes []string, files []file, err error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if !utf8.ValidString(e.Name()) || strings.ContainsFunc(e.Name(), unicode.IsControl) {
			return nil, nil, fmt.Errorf("%s: %q: the name of a class must be UTF-8 without control characters", dir,
				e.Name())
		}
		paths, err := listImages(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		for _, path := range paths {
			files = append(files, file{path, int32(len(classes))})
		}
		classes = append(classes, e.Name())
	}
	if len(classes) < 2 {
		return nil, nil, fmt.Errorf("%s: %d class directories: want at least 2: %s", dir, len(classes), folderWant)
	}
	return classes, files, nil
}

func listImages(dir string) (paths []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".png", ".jpg", ".jpeg":
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s: empty class: no .png, .jpg or .jpeg file: want %s", dir, folderWant)
	}
	return paths, nil
}

// decodeFiles reads files as RGB of size × size and reports whether all of them are grey.
func decodeFiles(files []file, size int) (s Split, grey bool, err error) {
	s = Split{make([]uint8, len(files)*size*size*3), make([]int32, len(files))}
	greys, errs := make([]bool, len(files)), make([]error, len(files))
	iter.ForEachIdx(files, func(i int, f *file) {
		s.Labels[i] = f.class
		greys[i], errs[i] = decodeFile(s.Pixels[i*size*size*3:][:size*size*3], f.path, size)
	})
	for _, err := range errs {
		if err != nil {
			return s, false, err
		}
	}
	return s, !slices.Contains(greys, false), nil
}

// decodeFile writes the image at path to dst [size, size, 3] and reports whether it is grey.
func decodeFile(dst []uint8, path string, size int) (grey bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return false, fmt.Errorf("%s: not a readable image: %w", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Height > maxPixels/c.Width {
		return false, fmt.Errorf("%s: %d×%d pixels: want 1 to %d in all", path, c.Width, c.Height, maxPixels)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return false, err
	}
	m, _, err := image.Decode(f)
	if err != nil {
		return false, fmt.Errorf("%s: not a readable image: %w", path, err)
	}
	scale(dst, size, 3, m, draw.BiLinear)
	return isGrey(m), nil
}

func isGrey(m image.Image) bool {
	switch m.(type) {
	case *image.Gray, *image.Gray16:
		return true
	}
	return false
}

// dropColour keeps one of three equal channels.
func (s *Split) dropColour() {
	for i := range len(s.Pixels) / 3 {
		s.Pixels[i] = s.Pixels[3*i]
	}
	s.Pixels = slices.Clone(s.Pixels[:len(s.Pixels)/3])
}
