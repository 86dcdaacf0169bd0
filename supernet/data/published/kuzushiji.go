package published

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/internal/npy"
)

// readKMNIST reads Kuzushiji-MNIST from the files of NumPy, or from those in the format of MNIST.
func readKMNIST(ctx context.Context, dir string) (*Set, error) {
	s := npzSet{"kmnist", kana10()}
	if !exists(filepath.Join(dir, "kmnist-train-imgs.npz")) && !exists(filepath.Join(dir, "kmnist-test-imgs.npz")) {
		return mnistLike(s.classes).read(ctx, dir)
	}
	return s.read(ctx, dir)
}

// npzSet is a set of grey images in four files of NumPy, NAME-train-imgs.npz and so on.
type npzSet struct {
	name    string
	classes []string
}

func (s npzSet) read(ctx context.Context, dir string) (*Set, error) {
	train, trainShape, err := s.readSide(ctx, dir, "train")
	if err != nil {
		return nil, err
	}
	test, testShape, err := s.readSide(ctx, dir, "test")
	if err != nil {
		return nil, err
	}
	return grey(dir, s.classes, [2]Images{train, test}, trainShape, testShape)
}

func (s npzSet) readSide(ctx context.Context, dir, side string) (images Images, shape []int, err error) {
	path := filepath.Join(dir, fmt.Sprintf("%s-%s-imgs.npz", s.name, side))
	a, err := readNPZ(ctx, path)
	if err != nil {
		return images, nil, err
	}
	if images.Pixels, shape, err = pixels(a); err != nil {
		return images, nil, within(path, err)
	}
	path = filepath.Join(dir, fmt.Sprintf("%s-%s-labels.npz", s.name, side))
	if a, err = readNPZ(ctx, path); err != nil {
		return images, nil, err
	}
	if len(a.Shape) != 1 {
		return images, nil, fmt.Errorf("%s: an array of %v: want labels [N]", path, a.Shape)
	}
	numbers, err := a.Ints()
	if err == nil {
		images.Labels, err = labels(numbers, shape[0], 0, len(s.classes))
	}
	return images, shape, within(path, err)
}

// readNPZ reads the array that numpy.savez names arr_0.
func readNPZ(ctx context.Context, path string) (a npy.Array, err error) {
	f, err := open(ctx, path)
	if err != nil {
		return a, err
	}
	defer f.Close()
	a, err = npy.ReadArchived(f, f.size, "arr_0", maxData)
	return a, within(path, err)
}

// pixels takes grey images [N, H, W], or [N, H, W, 1], from an array.
func pixels(a npy.Array) (data []byte, shape []int, err error) {
	shape = a.Shape
	if len(shape) == 4 && shape[3] == 1 {
		shape = shape[:3]
	}
	if len(shape) != 3 {
		return nil, nil, fmt.Errorf("an array of %v: want images [N, H, W] or [N, H, W, 1]", a.Shape)
	}
	if err := checkImages(shape); err != nil {
		return nil, nil, err
	}
	data, err = a.Bytes()
	return data, shape, err
}
