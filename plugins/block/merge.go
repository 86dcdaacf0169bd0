package block

import (
	"fmt"

	"github.com/nse-dev/nse/sdk"
)

// Merge appends parallel branches that one convolution can stand for: each convolution of x with a batch normalisation,
// and one of x alone where identity is set, added up. The sum is named NAME.sum. The nodes of branch i are named
// NAME.i.conv and NAME.i.norm, that of the identity NAME.identity.norm.
func Merge(x sdk.Tensor, name string, identity bool, branches ...sdk.Conv2D) sdk.Tensor {
	var parts []sdk.Tensor
	for i, c := range branches {
		y := x.Conv(c).Named(fmt.Sprintf("%s.%d.conv", name, i))
		parts = append(parts, y.BatchNorm().Named(fmt.Sprintf("%s.%d.norm", name, i)))
	}
	if identity {
		parts = append(parts, x.BatchNorm().Named(name+".identity.norm"))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts[0].Add(parts[1:]...).Named(name + ".sum")
}
