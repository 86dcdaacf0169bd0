// Package published reads image sets from the files in which their authors distribute them.
package published

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Set is a labelled image set.
type Set struct {
	Height, Width, Channels int // Channels is 1 for grey images, 3 for RGB
	Classes                 []string
	Train, Test             Images
}

// Images are a part of a set.
type Images struct {
	Pixels []uint8 // [N, Height, Width, Channels]
	Labels []int32 // [N], indices of Set.Classes
}

// Source is a set that its authors have published.
type Source struct {
	Name  string
	Files string // what is in its folder, for messages
	// nested is the folder in that folder which archives of the set make. It may be empty.
	nested string
	read   func(ctx context.Context, dir string) (*Set, error)
}

// Sources are the sets, in the order of the documentation.
func Sources() []Source {
	const idx = "train-images-idx3-ubyte(.gz) and the other three files"
	list := []Source{
		{"fashion-mnist", idx, "", mnistLike(fashion()).read},
		{"mnist", idx, "", mnistLike(digits()).read},
		{"kmnist", "kmnist-train-imgs.npz and the other three files, or " + idx, "", readKMNIST},
		{"k49", "k49-train-imgs.npz and the other three files", "", npzSet{"k49", kana49()}.read},
	}
	for _, s := range emnist() {
		list = append(list, Source{"emnist-" + s.split,
			"emnist-" + s.split + "-train-images-idx3-ubyte(.gz) and the other three files", "gzip", s.files().read})
	}
	return append(list,
		Source{"cifar10", "data_batch_1.bin to data_batch_5.bin and test_batch.bin", "cifar-10-batches-bin",
			cifar10().read},
		Source{"cifar100", "train.bin and test.bin", "cifar-100-binary", cifar100(1, fine()).read},
		Source{"cifar100-coarse", "train.bin and test.bin", "cifar-100-binary", cifar100(0, coarse()).read},
	)
}

// Open reads the set from its folder. A cancelled context is its error. Others name the file and say what is wrong.
func (s Source) Open(ctx context.Context, dir string) (*Set, error) {
	if s.nested != "" {
		nested := filepath.Join(dir, s.nested)
		if info, err := os.Stat(nested); err == nil && info.IsDir() {
			dir = nested
		}
	}
	return s.read(ctx, dir)
}

// minSize and maxSize bound the side of an image in pixels.
const minSize, maxSize = 4, 1024

// maxData bounds the data of a file in bytes. The largest of all has 547 MB.
const maxData = 1 << 31

// checkImages refuses all but images [N, H, W].
func checkImages(shape []int) error {
	n, h, w := shape[0], shape[1], shape[2]
	if n < 1 || min(h, w) < minSize || max(h, w) > maxSize {
		return fmt.Errorf("%d images of %d×%d: want at least one of %d to %d pixels a side", n, h, w, minSize, maxSize)
	}
	return nil
}

// grey puts the sides of a set of grey images together, whose arrays have the shapes train and test.
func grey(dir string, classes []string, s [2]Images, train, test []int) (*Set, error) {
	h, w := train[1], train[2]
	if h != test[1] || w != test[2] {
		return nil, fmt.Errorf("%s: training images are %d×%d, test images %d×%d", dir, h, w, test[1], test[2])
	}
	return &Set{Height: h, Width: w, Channels: 1, Classes: classes, Train: s[0], Test: s[1]}, nil
}

// labels are the classes of images by the numbers in a file. The first class has the number first.
func labels[T uint8 | int64](numbers []T, images, first, classes int) ([]int32, error) {
	if len(numbers) != images {
		return nil, fmt.Errorf("%d labels for %d images", len(numbers), images)
	}
	list := make([]int32, len(numbers))
	for i, n := range numbers {
		if int64(n) < int64(first) || int64(n) >= int64(first+classes) {
			return nil, fmt.Errorf("label %d of image %d is not in %d..%d", n, i, first, first+classes-1)
		}
		list[i] = int32(int64(n) - int64(first))
	}
	return list, nil
}
