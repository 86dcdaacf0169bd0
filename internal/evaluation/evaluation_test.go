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
	want := &Evaluation{Model: "models/m", Data: "folder:pets", Images: 5,
		Result: supernet.Result{Accuracy: 0.6, Loss: 1.25},
		Classes: []Class{{"cat", 2, 2, 0.5, 0.5}, {"dog", 3, 2, 2.0 / 3, 1}, {"fox", 0, 0, 0, 0},
			{"owl", 0, 1, 0, 0}},
		Confusion: [][]int{{1, 0, 0, 1}, {1, 2, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got %+v, want %+v", e, want)
	}
}
