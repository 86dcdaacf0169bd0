package inspection

import (
	"cmp"
	"slices"

	"github.com/nse-dev/nse/supernet/data"
)

// Groups is images that are like others.
type Groups struct {
	Groups        int     `json:"groups"`
	Images        int     `json:"images"`         // in all groups
	AcrossClasses int     `json:"across_classes"` // groups with images of several classes
	AcrossSides   int     `json:"across_sides"`   // groups with images on several sides
	List          []Group `json:"list"`           // those across classes first, then those across sides

	within int // groups in one class on one side
}

// Group is images that are like each other.
type Group struct {
	Images  int      `json:"images"`
	Classes []string `json:"classes"`
	Sides   []string `json:"sides"`
	List    []Image  `json:"list"`
}

// copies lists the images of each content, in order, and those lists that have several.
func copies(images []data.Inspected) (several, all [][]int) {
	place := map[uint64]int{}
	for i, image := range images {
		at, known := place[image.Digest]
		if !known {
			at = len(all)
			place[image.Digest] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], i)
	}
	for _, list := range all {
		if len(list) > 1 {
			several = append(several, list)
		}
	}
	return several, all
}

// groupsOf describes groups of images.
func groupsOf(groups [][]int, name func(i int) Image) Groups {
	g := Groups{Groups: len(groups), List: []Group{}}
	for _, members := range groups {
		group := groupOf(members, name)
		g.Images += group.Images
		g.AcrossClasses += one(len(group.Classes) > 1)
		g.AcrossSides += one(len(group.Sides) > 1)
		g.within += one(len(group.Classes) == 1 && len(group.Sides) == 1)
		g.List = append(g.List, group)
	}
	slices.SortStableFunc(g.List, func(a, b Group) int {
		return cmp.Or(cmp.Compare(one(len(b.Classes) > 1), one(len(a.Classes) > 1)),
			cmp.Compare(one(len(b.Sides) > 1), one(len(a.Sides) > 1)))
	})
	g.List = g.List[:min(len(g.List), MaxListed)]
	return g
}

// groupOf names the classes and the sides of a group, and its first images: one of each class and side before others.
func groupOf(members []int, name func(i int) Image) Group {
	g := Group{Images: len(members)}
	type place struct{ class, side string }
	seen := map[place]bool{}
	var others []Image
	for _, i := range members {
		image := name(i)
		if !slices.Contains(g.Classes, image.Class) {
			g.Classes = append(g.Classes, image.Class)
		}
		if !slices.Contains(g.Sides, image.Side) {
			g.Sides = append(g.Sides, image.Side)
		}
		if at := (place{image.Class, image.Side}); !seen[at] {
			seen[at] = true
			g.List = append(g.List, image)
		} else if len(others) < MaxGroup {
			others = append(others, image)
		}
	}
	g.List = append(g.List, others...)
	g.List = g.List[:min(len(g.List), MaxGroup)]
	return g
}
