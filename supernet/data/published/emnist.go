package published

// emnistSplit is one of the sets of EMNIST (Cohen et al., 2017). Their images are stored transposed.
type emnistSplit struct {
	split   string
	first   int // the label of the first class
	classes []string
}

// emnist lists the splits. Their classes are in the order of the files emnist-SPLIT-mapping.txt. Where letters are
// merged with their capitals, the capital is the name.
func emnist() []emnistSplit {
	return []emnistSplit{
		{"byclass", 0, characters("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")},
		{"bymerge", 0, characters("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")},
		{"balanced", 0, characters("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt")},
		{"letters", 1, characters("ABCDEFGHIJKLMNOPQRSTUVWXYZ")},
		{"digits", 0, digits()},
		{"mnist", 0, digits()},
	}
}

func (s emnistSplit) files() idxSet {
	return idxSet{"emnist-" + s.split + "-train", "emnist-" + s.split + "-test", s.first, true, s.classes}
}
