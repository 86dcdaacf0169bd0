package drawing

import (
	"fmt"
	"testing"
)

// Families have colours of their own, up to many more than a pool has, and the same ones in company of others.
func TestFamilyColors(t *testing.T) {
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("family-%d", i))
	}
	for _, few := range [][]string{names, {"mbconv", "ssc", "box", "conv", "dualconv", "shuffle"}} {
		colors := colorFamilies(few)
		seen := map[any]string{}
		for _, name := range few {
			if other, taken := seen[colors[name]]; taken {
				t.Errorf("%s and %s have one colour", name, other)
			}
			seen[colors[name]] = name
		}
	}
	a, b := colorFamilies([]string{"box"}), colorFamilies([]string{"ssc", "box", "mbconv"})
	if a["box"] != b["box"] || b["mbconv"] != Blue {
		t.Errorf("%v and %v", a, b)
	}
}
