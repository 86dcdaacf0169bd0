package workshop

import (
	"fmt"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
)

// Rows is a table of models, for text.Table.
func Rows(done []Finished) []string {
	rows := []string{"model\ttest accuracy (trained alone)\tloss\tweights\tM MACs\tparameters\tfolder"}
	for _, d := range done {
		t := d.Model.Training.Test
		rows = append(rows, fmt.Sprintf("%s\t%s\t%.4f\t%s\t%.4g\t%s\t%s", d.Model.Name, text.Percent(t.Accuracy),
			t.Loss, t.Kept, text.Millions(d.Model.Count.MACs), text.Thousands(d.Model.Count.Params), d.Dir))
	}
	return rows
}

// Text is lines about what models have cost, how good they are, and how to go on. There has to be a model.
func Text(done []Finished) string {
	best, mean := Best(done)
	return fmt.Sprintf("%smean of %d: %.2f %%; best: %s; test it with nse eval %s\n", Spent(done).Text(), len(done),
		100*mean, text.Printable(best.Dir), text.Shell(best.Dir))
}

// Best is the first of the most accurate of some models, beside the mean accuracy of all, 0 to 1.
func Best(done []Finished) (best Finished, mean float64) {
	best = done[0]
	for _, d := range done {
		accuracy := d.Model.Training.Test.Accuracy
		mean += accuracy / float64(len(done))
		if accuracy > best.Model.Training.Test.Accuracy {
			best = d
		}
	}
	return best, mean
}

// Spent is what has been spent on the models that were not complete before.
func Spent(done []Finished) (l runs.Ledger) {
	for _, d := range done {
		if d.Seconds == 0 {
			continue
		}
		l.Alone += d.Model.Training.MACs
		l.TrainImages += d.Model.Training.TrainImages
		l.Seconds += d.Seconds
	}
	return l
}
