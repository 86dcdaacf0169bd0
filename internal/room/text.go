package room

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// Rows is a table with a row for each operation at each kind of layer, for text.Table.
func (x Report) Rows() []string {
	head := "operation\tlayers\tshape\tparameters\tMACs\tfield\talone\tbeside\tfits"
	if x.Peak > 0 {
		head += "\tof peak"
	}
	rows := []string{head}
	for _, o := range x.Ops {
		for _, p := range o.Places {
			row := fmt.Sprintf("%s\t%s\t%d×%d×%d→%d /%d\t%s\t%s\t%d×%d\t%.4g\t%.4g\t%s", o.Name, layers(p.Layers),
				p.Height, p.Width, p.In, p.Out, p.Stride, text.Thousands(p.Params), text.Thousands(p.MACs), p.Field[0],
				p.Field[1], p.Alone, p.Beside, words[p.Fit])
			if x.Peak > 0 {
				row += fmt.Sprintf("\t%.0f %%", 100*p.OfPeak)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// words are those of the table for fits.
var words = map[Fit]string{Median: "beside the median", Cheapest: "beside cheaper ones", Cheap: "no: too cheap",
	Dear: "no: too dear"}

// Text says what the costs are, how many operations fit, and which fit nowhere.
func (x Report) Text() string {
	nowhere := x.Nowhere()
	lines := []string{fmt.Sprintf("budget: %.4g to %.4g %s; %d of %d operations fit. alone and beside are costs of "+
		"the network with the operation, its other layers as cheap as can be or with the median operation", x.Low,
		x.High, x.Unit, len(x.Ops)-len(nowhere), len(x.Ops))}
	return strings.Join(slices.Concat(lines, nowhere), "\n") +
		fmt.Sprintf("\ngradients within %.1g of central differences\n", x.Gradients)
}

// layers writes layer numbers with ranges: "0, 2–4".
func layers(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		to := i
		for to+1 < len(list) && list[to+1] == list[to]+1 {
			to++
		}
		if to == i {
			parts = append(parts, fmt.Sprint(list[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d–%d", list[i], list[to]))
		}
		i = to + 1
	}
	return strings.Join(parts, ", ")
}
