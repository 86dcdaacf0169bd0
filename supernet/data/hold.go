package data

import (
	"cmp"
	"fmt"
	"slices"
)

// Hold splits n images off s. Every class gives the same part of its images, to within one; which ones is drawn
// from seed. Both results keep the order of s and have pixels of their own. It fails unless 0 < n < s.Len().
func (s Split) Hold(n int, seed uint64) (train, held Split, err error) {
	if n <= 0 || n >= s.Len() {
		return s, held, fmt.Errorf("data: cannot hold %d of %d images: want 1..%d", n, s.Len(), s.Len()-1)
	}
	byClass := s.byClass()
	isHeld := make([]bool, s.Len())
	for class, quota := range quotas(byClass, n, s.Len()) {
		images := byClass[class]
		r := newRand(seed, streamHold, uint64(class), 0)
		r.Shuffle(len(images), func(i, j int) { images[i], images[j] = images[j], images[i] })
		for _, i := range images[:quota] {
			isHeld[i] = true
		}
	}
	each := len(s.Pixels) / s.Len()
	for i, label := range s.Labels {
		to := &train
		if isHeld[i] {
			to = &held
		}
		to.Labels = append(to.Labels, label)
		to.Pixels = append(to.Pixels, s.Pixels[i*each:(i+1)*each]...)
	}
	return train, held, nil
}

// byClass lists the images of every class.
func (s Split) byClass() [][]int {
	lists := make([][]int, slices.Max(s.Labels)+1)
	for i, label := range s.Labels {
		lists[label] = append(lists[label], i)
	}
	return lists
}

// quotas shares n among the classes in proportion to their sizes; the largest remainders get the odd ones.
func quotas(byClass [][]int, n, total int) []int {
	share := make([]int, len(byClass))
	order := make([]int, len(byClass))
	left := n
	for c, images := range byClass {
		share[c] = n * len(images) / total
		left -= share[c]
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(n*len(byClass[b])%total, n*len(byClass[a])%total)
	})
	for _, c := range order[:left] {
		share[c]++
	}
	return share
}

// cut splits s before image i.
func (s Split) cut(i int) (before, after Split) {
	p := i * (len(s.Pixels) / s.Len())
	return Split{s.Pixels[:p:p], s.Labels[:i:i]}, Split{s.Pixels[p:], s.Labels[i:]}
}
