package evaluation

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Five images are of the first two of four classes. Three of them are recognised, and none is taken for the third
// class.
func TestEvaluation(t *testing.T) {
	e := newEvaluation("models/m", &data.Set{Name: "folder:pets", Classes: strings.Fields("cat dog fox owl")})
	e.count(data.Batch{Labels: []int32{0, 1, 0}}, []float32{3, 2, 1, 0, 5, 4, 0, 0, -9, -8, -8, -7})
	e.count(data.Batch{Labels: []int32{1, 1}}, []float32{0, 1, 0, 0, 0, 1, 1, 0})
	e.Result = supernet.Result{Accuracy: 0.6, Loss: 1.25}
	e.sum()
	e.names = []string{"1.png", "2.png", `"x\x1b.png"`, "4,5.png", "6.png"}
	const lines = `file,label,prediction,probability,right
1.png,cat,cat,0.643914,true
2.png,dog,cat,0.723927,false
"""x\x1b.png""",cat,owl,0.534447,false
"4,5.png",dog,dog,0.475367,true
6.png,dog,dog,0.365529,true
`
	if got, err := e.CSV(); err != nil || string(got) != lines {
		t.Errorf("got (%v)\n%swant\n%s", err, got, lines)
	}
	e.names = nil
	if got, err := e.CSV(); err != nil || !strings.Contains(string(got), "\n,dog,cat,0.723927,false\n") {
		t.Errorf("without files: (%v)\n%s", err, got)
	}
	e.rows = nil
	want := &Evaluation{Model: "models/m", Data: "folder:pets", Images: 5,
		Result: supernet.Result{Accuracy: 0.6, Loss: 1.25},
		Classes: []Class{{"cat", 2, 2, 0.5, 0.5}, {"dog", 3, 2, 2.0 / 3, 1}, {"fox", 0, 0, 0, 0},
			{"owl", 0, 1, 0, 0}},
		Confusion: [][]int{{1, 0, 0, 1}, {1, 2, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, want %+v", e, want)
	}
}
