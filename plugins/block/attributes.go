package block

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// Attr is an attribute of a family, with a check of its value where there is one that makes sense at every layer.
type Attr struct {
	sdk.Attr
	check func(a sdk.Attrs) error
}

// Needed makes an attribute one that must be given.
func (a Attr) Needed() Attr {
	a.Required = true
	return a
}

// Op is a family of the name, whose attributes are checked in their order before build draws a member. The attributes
// that build gets are complete.
func Op(name, doc string, build func(*sdk.Graph, sdk.Layer, sdk.Attrs) (sdk.Tensor, error), attrs ...Attr) sdk.Op {
	op := sdk.Op{Name: name, Doc: doc}
	for _, a := range attrs {
		op.Attrs = append(op.Attrs, a.Attr)
	}
	op.Build = func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
		for _, attr := range attrs {
			if attr.check == nil {
				continue
			}
			if err := attr.check(a); err != nil {
				return sdk.Tensor{}, err
			}
		}
		return build(g, l, a)
	}
	return op
}

// Odd declares the side of a kernel: odd, 1 to 99.
func Odd(name, short, doc string, usual int) Attr {
	return Attr{sdk.Attr{Name: name, Short: short, Doc: doc, Default: usual}, func(a sdk.Attrs) error {
		if k := a.Int(name); !odd(k) {
			return fmt.Errorf("%s %d is not an odd number in 1..99", name, k)
		}
		return nil
	}}
}

// OddOrNone declares the side of a kernel that 0 leaves out.
func OddOrNone(name, short, doc string, usual int) Attr {
	return Attr{sdk.Attr{Name: name, Short: short, Doc: doc, Default: usual}, func(a sdk.Attrs) error {
		if k := a.Int(name); k != 0 && !odd(k) {
			return fmt.Errorf("%s %d is neither 0 nor an odd number in 1..99", name, k)
		}
		return nil
	}}
}

// Odds declares the sides of some kernels, at least so many.
func Odds(name, short, doc string, usual []int, least int) Attr {
	return Attr{sdk.Attr{Name: name, Short: short, Doc: doc, Default: usual}, func(a sdk.Attrs) error {
		sides := a.Ints(name)
		if len(sides) < least {
			return fmt.Errorf("%s %v are not %d or more", name, sides, least)
		}
		for _, k := range sides {
			if !odd(k) {
				return fmt.Errorf("%s %v are not odd numbers in 1..99", name, sides)
			}
		}
		return nil
	}}
}

func odd(k int) bool { return k >= 1 && k <= 99 && k%2 == 1 }

// Int declares a whole number in low..high.
func Int(name, short, doc string, usual, low, high int) Attr {
	return Attr{sdk.Attr{Name: name, Short: short, Doc: doc, Default: usual}, func(a sdk.Attrs) error {
		if v := a.Int(name); v < low || v > high {
			return fmt.Errorf("%s %d is not in %d..%d", name, v, low, high)
		}
		return nil
	}}
}

// Expand declares a width in channels of another, 1 to 64, by the name expand.
func Expand(doc string, usual int) Attr { return Int("expand", "e", doc, usual, 1, 64) }

// Width declares a width as a part of the layer's output channels, above 0 and up to 8, by the name width.
func Width(doc string, usual float64) Attr {
	return Attr{sdk.Attr{Name: "width", Short: "w", Doc: doc, Default: usual}, func(a sdk.Attrs) error {
		if w := a.Float("width"); !(w > 0 && w <= 8) {
			return fmt.Errorf("width %g is not above 0 and up to 8", w)
		}
		return nil
	}}
}
