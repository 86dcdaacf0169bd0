package evaluation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nse-dev/nse/supernet"
)

// Of four classes two have images: three of five are recognised, and none is taken for the third.
func TestWrite(t *testing.T) {
	e := &Evaluation{Model: "models/m", Data: "folder:pets", Images: 5,
		Result: supernet.Result{Accuracy: 0.6, Loss: 1.25},
		Classes: []Class{{Name: "cat", Images: 2, Taken: 2, Recall: 0.5, Precision: 0.5},
			{Name: "dog", Images: 3, Taken: 2, Recall: 2.0 / 3, Precision: 1},
			{Name: "fox"}, {Name: "owl", Taken: 1}},
		Confusion: [][]int{{1, 0, 0, 1}, {1, 2, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}
	var b strings.Builder
	if err := e.Write(&b); err != nil {
		t.Fatal(err)
	}
	const want = `accuracy 60.00 % of 5 test images of folder:pets, loss 1.2500

class  images  recall   precision
cat    2       50.00 %  50.00 %
dog    3       66.67 %  100.00 %
fox    0       –        –
owl    0       –        0.00 %

images by class (line) and the class that they are taken for (column):

     cat  dog  fox  owl
cat  1    0    0    1
dog  1    2    0    0
fox  0    0    0    0
owl  0    0    0    0
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// Of 31 classes class k has 40 images, k of them taken for the next, and the last has none: the worst are from 29 down
// to 20, and the commonest confusions from 29 down to 10.
func TestWriteOfManyClasses(t *testing.T) {
	e := &Evaluation{Data: "folder:many", Result: supernet.Result{Accuracy: 0.6375, Loss: 1}}
	for k := range 31 {
		e.Classes = append(e.Classes, Class{Name: fmt.Sprintf("c%02d", k)})
		e.Confusion = append(e.Confusion, make([]int, 31))
		if k < 30 {
			e.Confusion[k][k] = 40 - k
			e.Confusion[k][(k+1)%30] += k
		}
	}
	e.sum()
	var b strings.Builder
	if err := e.Write(&b); err != nil {
		t.Fatal(err)
	}
	const begin = `accuracy 63.75 % of 1200 test images of folder:many, loss 1.0000

the 10 worst of 31 classes:

class  images  recall   precision
c29    40      27.50 %  28.21 %
c28    40      30.00 %  30.77 %
`
	const between = `
c20    40      50.00 %  51.28 %

the 20 commonest confusions:

class  taken for  images  part of the class
c29    c00        29      72.50 %
c28    c29        28      70.00 %
`
	const end = `
c10    c11        10      25.00 %

--json has all classes, --csv FILE every image, --matrix FILE.svg draws all confusions
`
	got := b.String()
	if !strings.HasPrefix(got, begin) || !strings.Contains(got, between) || !strings.HasSuffix(got, end) {
		t.Errorf("got\n%s", got)
	}
}

// 12 classes are all written. Of 13 that are all right, there are no confusions to write.
func TestWriteOfRightClasses(t *testing.T) {
	written := func(classes int) string {
		e := &Evaluation{}
		for k := range classes {
			e.Classes = append(e.Classes, Class{Name: fmt.Sprintf("c%02d", k)})
			e.Confusion = append(e.Confusion, make([]int, classes))
			e.Confusion[k][k] = 1
		}
		e.sum()
		var b strings.Builder
		if err := e.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := written(12); strings.Count(got, "100.00 %") != 24 || !strings.Contains(got, "images by class (line)") {
		t.Errorf("12 classes:\n%s", got)
	}
	if got := written(13); strings.Count(got, "100.00 %") != 20 || strings.Contains(got, "commonest") ||
		strings.Contains(got, "(line)") {
		t.Errorf("13 classes:\n%s", got)
	}
}

// Names of files and classes neither break the table nor steer the terminal.
func TestRowsPrintNamesSafely(t *testing.T) {
	got := Rows([]Prediction{{Image: "x\x1b[31m\ty.png", Classes: []Probability{{"a\tb", 0.5}}}})
	if want := `"x\x1b[31m\ty.png"` + "\t" + `"a\tb"` + "\t50.00 %"; len(got) != 2 || got[1] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
