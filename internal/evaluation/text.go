package evaluation

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/drawing"
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
	if len(e.Classes) > mostWritten {
		return e.writeExtremes(w)
	}
	if err := text.Table(w, classRows(e.Classes)); err != nil {
		return err
	}
	fmt.Fprint(w, "\nimages by class (line) and the class that they are taken for (column):\n\n")
	names := e.printable()
	rows := []string{"\t" + strings.Join(names, "\t")}
	for k, line := range e.Confusion {
		rows = append(rows, names[k]+"\t"+strings.Trim(strings.ReplaceAll(fmt.Sprint(line), " ", "\t"), "[]"))
	}
	return text.Table(w, rows)
}

// mostWritten is the number of classes up to which all are written, and how many images of each are taken for each.
const mostWritten = 12

// writeExtremes writes the classes that fare worst, and which are most often taken for which.
func (e *Evaluation) writeExtremes(w io.Writer) error {
	worst := e.worst(10)
	fmt.Fprintf(w, "the %d worst of %d classes:\n\n", len(worst), len(e.Classes))
	if err := text.Table(w, classRows(worst)); err != nil {
		return err
	}
	if confused := e.confused(20); len(confused) > 0 {
		fmt.Fprintf(w, "\nthe %d commonest confusions:\n\n", len(confused))
		names := e.printable()
		rows := []string{"class\ttaken for\timages\tpart of the class"}
		for _, c := range confused {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%s", names[c.class], names[c.taken], c.images,
				text.Percent(float64(c.images)/float64(e.Classes[c.class].Images))))
		}
		if err := text.Table(w, rows); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(w,
		"\n--json has all classes, --csv FILE every image, --matrix FILE.svg draws all confusions\n")
	return err
}

// worst are the n classes with the lowest recall, the worst first. Classes without images are not among them. Equal
// ones are in their order.
func (e *Evaluation) worst(n int) []Class {
	list := slices.DeleteFunc(slices.Clone(e.Classes), func(c Class) bool { return c.Images == 0 })
	slices.SortStableFunc(list, func(a, b Class) int { return cmp.Compare(a.Recall, b.Recall) })
	return list[:min(n, len(list))]
}

// confusion is a number of images of a class that are taken for another.
type confusion struct{ class, taken, images int }

// confused are the n commonest confusions, the commonest first. Equal ones are in the order of their classes.
func (e *Evaluation) confused(n int) (list []confusion) {
	for class, line := range e.Confusion {
		for taken, images := range line {
			if class != taken && images > 0 {
				list = append(list, confusion{class, taken, images})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b confusion) int { return b.images - a.images })
	return list[:min(n, len(list))]
}

// printable are the names of the classes.
func (e *Evaluation) printable() (names []string) {
	for _, c := range e.Classes {
		names = append(names, text.Printable(c.Name))
	}
	return names
}

func classRows(list []Class) []string {
	rows := []string{"class\timages\trecall\tprecision"}
	for _, c := range list {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s", text.Printable(c.Name), c.Images,
			partOf(c.Recall, c.Images), partOf(c.Precision, c.Taken)))
	}
	return rows
}

// CSV has a line for every image that was tested, beneath a heading: its file, its class, the class that it is taken
// for, the probability of that, and whether it is right. Images without files have an empty first field.
func (e *Evaluation) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"file", "label", "prediction", "probability", "right"}) // a buffer's writes do not fail
	for i, r := range e.rows {
		file := ""
		if e.names != nil {
			file = e.names[i]
		}
		_ = w.Write([]string{file, e.Classes[r.label].Name, e.Classes[r.taken].Name,
			strconv.FormatFloat(r.probability, 'g', 6, 64), strconv.FormatBool(r.label == r.taken)})
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// Matrix is the confusion as a picture.
func (e *Evaluation) Matrix() drawing.Matrix {
	title := fmt.Sprintf("%s: accuracy %.2f %% of %d test images of %s", text.Printable(e.Model), 100*e.Accuracy,
		e.Images, text.Printable(e.Data))
	return drawing.Matrix{Title: title, Classes: e.printable(), Counts: e.Confusion}
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

// Printer writes predictions as they come: as a table, or as a line of JSON for each image.
func Printer(w io.Writer, asJSON bool) func([]Prediction) error {
	lines, printed := json.NewEncoder(w), false
	return func(list []Prediction) error {
		if !asJSON {
			rows := Rows(list)
			if printed {
				rows = rows[1:] // one heading for all
			}
			printed = true
			return text.Table(w, rows)
		}
		for _, p := range list {
			if err := lines.Encode(p); err != nil {
				return err
			}
		}
		return nil
	}
}
