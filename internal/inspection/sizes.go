package inspection

import (
	"cmp"
	"slices"
)

// Sizes is what sizes images have as they are stored, upright.
type Sizes struct {
	Different int    `json:"different"`
	Common    []Size `json:"common"` // the commonest first, 20 at most
	Smallest  Size   `json:"smallest"`
	Largest   Size   `json:"largest"`
	Smaller   int    `json:"smaller"`   // images of which a side is shorter than what networks see
	Elongated int    `json:"elongated"` // images of which a side is more than twice the other
	Shorter   int    `json:"shorter"`   // side in pixels: half of the images have one as short, or a shorter one
}

// Size is a number of images of one size in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Images int `json:"images"`
}

// sizesOf describes sizes, by width and height, of images that networks see as height × width pixels.
func sizesOf(of map[[2]int]int, height, width int) Sizes {
	s := Sizes{Different: len(of), Common: []Size{}}
	images := 0
	for at, n := range of {
		s.Common = append(s.Common, Size{at[0], at[1], n})
		images += n
		if at[0] < width || at[1] < height {
			s.Smaller += n
		}
		if max(at[0], at[1]) > elongated*min(at[0], at[1]) {
			s.Elongated += n
		}
	}
	if images == 0 {
		return s
	}
	area := func(a, b Size) int {
		return cmp.Or(cmp.Compare(a.Width*a.Height, b.Width*b.Height), cmp.Compare(a.Width, b.Width))
	}
	s.Smallest, s.Largest = slices.MinFunc(s.Common, area), slices.MaxFunc(s.Common, area)
	slices.SortFunc(s.Common, func(a, b Size) int {
		return cmp.Compare(min(a.Width, a.Height), min(b.Width, b.Height))
	})
	for i, below := 0, 0; 2*below < images; i++ {
		below += s.Common[i].Images
		s.Shorter = min(s.Common[i].Width, s.Common[i].Height)
	}
	slices.SortFunc(s.Common, func(a, b Size) int { return cmp.Or(cmp.Compare(b.Images, a.Images), area(b, a)) })
	s.Common = s.Common[:min(len(s.Common), 20)]
	return s
}
