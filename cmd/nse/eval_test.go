package main

import (
	"math"
	"strings"
	"testing"

	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Five images of the first two of four classes, of which three are recognised and none is taken for the third.
func TestEvaluation(t *testing.T) {
	e := newEvaluation("models/m", &data.Set{Name: "folder:pets", Classes: strings.Fields("cat dog fox owl"), Test: data.Split{Labels: make([]int32, 5)}})
	e.count(data.Batch{Labels: []int32{0, 1, 0}}, []float32{3, 2, 1, 0, 5, 4, 0, 0, -9, -8, -8, -7})
	e.count(data.Batch{Labels: []int32{1, 1}}, []float32{0, 1, 0, 0, 0, 1, 1, 0})
	e.Result = supernet.Result{Accuracy: 0.6, Loss: 1.25}
	e.sum()
	var b strings.Builder
	if err := e.print(&b); err != nil {
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

func TestProbable(t *testing.T) {
	got := probable(strings.Fields("cat dog fox"), []float32{0, 1000, 1000}, 2)
	if len(got) != 2 || got[0] != (probability{"dog", 0.5}) || got[1] != (probability{"fox", 0.5}) {
		t.Errorf("got %v", got)
	}
	sum := 0.0
	for _, p := range probable(strings.Fields("cat dog fox"), []float32{-1, 2, 0.5}, 9) {
		sum += p.Value
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("the probabilities of all classes make %g", sum)
	}
}
