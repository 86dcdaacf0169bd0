package drawing

import (
	"hash/fnv"
	"image/color"
	"slices"
)

// familyColors are those of the families that ship.
var familyColors = map[string]color.NRGBA{"mbconv": Blue, "ssc": Orange, "conv": Green, "dualconv": Pink, "shuffle": Azure}

// otherColors are for all other families.
var otherColors = []color.NRGBA{Red, Purple, {0x1b, 0x7f, 0x7f, 0xff}, {0x8c, 0x56, 0x4b, 0xff}, {0x80, 0x80, 0x00, 0xff}, {0x40, 0x40, 0x40, 0xff}}

// colorFamilies gives each family its colour. Those of families that do not ship follow from their names, so that they
// are the same in most drawings; where two would be the same, the later one in the alphabet takes the next that is free.
func colorFamilies(names []string) map[string]color.NRGBA {
	colors := map[string]color.NRGBA{}
	taken := map[color.NRGBA]bool{}
	names = slices.Clone(names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		c, ships := familyColors[name]
		if !ships {
			c = freeColor(name, taken)
		}
		colors[name], taken[c] = c, true
	}
	return colors
}

// freeColor is a colour that follows from the name. When all are taken, lighter ones follow, and then those that
// are taken.
func freeColor(name string, taken map[color.NRGBA]bool) color.NRGBA {
	h := fnv.New32a()
	h.Write([]byte(name))
	start := int(h.Sum32() % uint32(len(otherColors)))
	for _, light := range []float64{0, 0.4, 0.65} {
		for i := range otherColors {
			if c := lighter(otherColors[(start+i)%len(otherColors)], light); !taken[c] {
				return c
			}
		}
	}
	return otherColors[start]
}

// lighter mixes a colour with white.
func lighter(c color.NRGBA, white float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(v) + white*float64(255-v)) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), c.A}
}

// contrast is the colour of a text on another one.
func contrast(c color.NRGBA) color.Color {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) > 140*1000 {
		return Ink
	}
	return color.White
}
