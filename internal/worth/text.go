package worth

import (
	"fmt"
	"strings"
)

// Rows is a table of the operations, or of their places, for text.Table. Losses are in percentage points.
func (x Report) Rows(layers bool) []string {
	rows, list, place := []string{"operation\tloss without\t95 %\tinstead\tarchitectures"}, x.Ops, ""
	if layers {
		rows[0], list = strings.Replace(rows[0], "\t", "\tlayer\t", 1), x.Places
	}
	for _, w := range list {
		if layers {
			place = fmt.Sprintf("\t%d", *w.Layer)
		}
		instead := w.Instead[0]
		if n := len(w.Instead) - 1; n > 0 {
			instead += fmt.Sprintf(" and %d more", n)
		}
		rows = append(rows, fmt.Sprintf("%s%s\t%+.2f\t%+.2f to %+.2f\t%s\t%d", w.Op, place, 100*w.Loss, 100*w.Low,
			100*w.High, instead, w.Architectures))
	}
	return rows
}

// Text says on what the table rests.
func (x Report) Text() string {
	said := fmt.Sprintf("percentage points of accuracy after %d epochs at equal MACs, from %d trainings of %d "+
		"architectures", x.Epochs, x.Trainings, x.Architectures)
	if n := len(x.Unused); n > 0 {
		said += fmt.Sprintf("; %d operations were in none", n)
	}
	return said + "\n"
}
