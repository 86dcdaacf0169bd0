package evaluation

import (
	"fmt"
	"io"
	"strings"

	"github.com/nse-dev/nse/internal/text"
)

// partOf writes a part of so many images, of none a dash.
func partOf(part float64, images int) string {
	if images == 0 {
		return "–"
	}
	return text.Percent(part)
}

// Write writes how every class fares, and which classes are taken for which.
func (e *Evaluation) Write(w io.Writer) error {
	fmt.Fprintf(w, "accuracy %.2f %% of %d test images of %s, loss %.4f\n", 100*e.Accuracy, e.Images,
		text.Printable(e.Data), e.Loss)
	switch {
	case e.LeftOut:
		fmt.Fprintf(w, "left out: %d images that the model was trained on (--trained tests them too)\n", e.Trained)
	case e.Trained > 0:
		fmt.Fprintf(w, "the model was trained on %d of them\n", e.Trained)
	case e.Unknown:
		fmt.Fprintln(w, "the model does not tell on which images it was trained: they may be among these")
	}
	fmt.Fprintln(w)
	rows := []string{"class\timages\trecall\tprecision"}
	for _, c := range e.Classes {
		rows = append(rows,
			fmt.Sprintf("%s\t%d\t%s\t%s", text.Printable(c.Name), c.Images, partOf(c.Recall, c.Images),
				partOf(c.Precision, c.Taken)))
	}
	if err := text.Table(w, rows); err != nil {
		return err
	}
	fmt.Fprint(w, "\nimages by class (line) and the class that they are taken for (column):\n\n")
	names := make([]string, len(e.Classes))
	for k, c := range e.Classes {
		names[k] = text.Printable(c.Name)
	}
	rows = []string{"\t" + strings.Join(names, "\t")}
	for k, line := range e.Confusion {
		rows = append(rows, names[k]+"\t"+strings.Trim(strings.ReplaceAll(fmt.Sprint(line), " ", "\t"), "[]"))
	}
	return text.Table(w, rows)
}

// Rows is a table with the image's name beside its most probable class, for text.Table.
func Rows(list []Prediction) []string {
	rows := []string{"image\tclass\tprobability"}
	for _, p := range list {
		for i, class := range p.Classes {
			name := text.Printable(p.Image)
			if i > 0 {
				name = ""
			}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s", name, text.Printable(class.Name), text.Percent(class.Value)))
		}
	}
	return rows
}
