package drawing

import (
	"hash/fnv"
	"image/color"
	"slices"
)

// familyColors are the colours of the families of the paper's pools, and of shuffle.
var familyColors = map[string]color.NRGBA{
	"mbconv": Blue, "ssc": Orange, "conv": Green, "dualconv": Pink, "shuffle": Azure,
}

// otherColors are for all other families.
var otherColors = []color.NRGBA{
	Red, Purple, {0x1b, 0x7f, 0x7f, 0xff}, {0x8c, 0x56, 0x4b, 0xff}, {0x80, 0x80, 0x00, 0xff}, {0x40, 0x40, 0x40, 0xff},
}

// colorFamilies gives each family its colour. A few have a fixed one. Any other follows from the family's name, so that
// it is the same in most drawings. When two would be alike, the later in the alphabet takes the next free colour.
func colorFamilies(names []string) map[string]color.NRGBA {
	colors := map[string]color.NRGBA{}
	taken := map[color.NRGBA]bool{}
	names = slices.Clone(names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		c, fixed := familyColors[name]
		if !fixed {
			c = freeColor(name, taken)
		}
		colors[name], taken[c] = c, true
	}
	return colors
}

// freeColor is the first free colour from the one that the name hashes to. When all are taken, lighter ones follow.
// When those are taken too, the name's own colour is shared.
func freeColor(name string, taken map[color.NRGBA]bool) color.NRGBA {
	h := fnv.New32a()
	h.Write([]byte(name))
	start := int(h.Sum32() % uint32(len(otherColors)))
	for _, light := range []float64{0, 0.4, 0.65, 0.2, 0.8} {
		for i := range otherColors {
			if c := lighter(otherColors[(start+i)%len(otherColors)], light); !taken[c] {
				return c
			}
		}
	}
	return otherColors[start]
}

// lighter mixes a colour with white, a part from 0 (none) to 1 (white alone).
func lighter(c color.NRGBA, white float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(v) + white*float64(255-v)) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), c.A}
}

// contrast is the colour of a text on the colour c: dark on bright ones, white on dark ones.
func contrast(c color.NRGBA) color.Color {
	if luma := 299*int(c.R) + 587*int(c.G) + 114*int(c.B); luma > 140*1000 { // BT.601, in thousandths
		return Ink
	}
	return color.White
}
