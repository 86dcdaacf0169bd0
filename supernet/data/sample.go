package data

// Sample returns n images of s, or all if s has fewer. They are drawn without replacement, and are in random order. So
// batches of them hold all classes even where s is sorted by class. Equal seeds draw the same images.
func (s Split) Sample(n int, seed uint64) Split {
	order := newRand(seed, streamSample, 0, 0).Perm(s.Len())
	var sample Split
	for _, i := range order[:min(n, len(order))] {
		sample.Labels = append(sample.Labels, s.Labels[i])
		sample.Images = append(sample.Images, s.Images[i])
	}
	return sample
}
