package evaluation

import (
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

// Names of files and classes neither break the table nor steer the terminal.
func TestRowsPrintNamesSafely(t *testing.T) {
	got := Rows([]Prediction{{Image: "x\x1b[31m\ty.png", Classes: []Probability{{"a\tb", 0.5}}}})
	if want := `"x\x1b[31m\ty.png"` + "\t" + `"a\tb"` + "\t50.00 %"; len(got) != 2 || got[1] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
