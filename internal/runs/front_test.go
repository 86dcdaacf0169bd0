package runs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/file"
)

// TestFrontHasTheLastScore: an architecture that was scored twice in a round is on the front once.
func TestFrontHasTheLastScore(t *testing.T) {
	r := create(t)
	ops := [][]string{{"a"}}
	err := errors.Join(r.AddRound(Round{Round: 1, Subset: [][]string{{"a"}}}),
		r.AddArchitecture(1, 0, Architecture{Ops: ops, Accuracy: 0.4, Role: Sampled}),
		r.AddArchitecture(1, 1, Architecture{Ops: ops, Accuracy: 0.5, Role: Sampled}),
		r.SetFront(1, [][][]string{ops}, 0.1, nil), r.SetKept(1, ops),
		r.Checkpoint(Checkpoint{State: []byte("{}")}, func(path string) error { return file.Write(path, nil) }))
	if err != nil {
		t.Fatal(err)
	}
	archs, err := r.Architectures(1)
	if front := OnFront(archs); err != nil || len(front) != 1 || front[0].Accuracy != 0.5 {
		t.Errorf("front %+v, %v", front, err)
	}
}

// TestTablesSayWhoseAccuracies: what was trained alone twice in a round has its own epochs in each row.
func TestTablesSayWhoseAccuracies(t *testing.T) {
	r := create(t)
	ops := [][]string{{"a"}, {"b"}}
	scored := func(number int, accuracy float64, trial string) error {
		r.AddEvent(Event{Seq: number, Round: 1, Kind: "scored",
			Body: []byte(fmt.Sprintf(`{"index":%d,"trial":%s}`, number, trial))})
		return r.AddArchitecture(1, number, Architecture{Ops: ops[number%2 : number%2+1], Cost: 1.5, Params: 1000,
			Accuracy: accuracy, Role: Sampled})
	}
	err := errors.Join(r.AddRound(Round{Round: 1, Subset: [][]string{{"a", "b"}}}),
		scored(0, 0.75, `{"epochs":2}`), scored(1, 0.25, `{"epochs":2}`), scored(2, 0.5, `{"epochs":4}`),
		r.SetFront(1, [][][]string{ops[:1]}, 0.1, nil), r.SetKept(1, ops[:1]),
		r.Checkpoint(Checkpoint{State: []byte("{}")}, func(path string) error { return file.Write(path, nil) }))
	if err != nil {
		t.Fatal(err)
	}
	archs, err := r.Architectures(1)
	if err != nil || len(archs) != 3 || archs[0].Epochs != 2 || archs[1].Epochs != 2 || archs[2].Epochs != 4 {
		t.Fatalf("architectures %+v, %v", archs, err)
	}
	same(t, "latest", Latest(archs), nil, archs[1:])
	front, err := r.Front(Round{Round: 1}, "million MACs")
	same(t, "front", front.Rows(), err, []string{
		"front\taccuracy (trained alone, 4 epochs)\tM MACs\tparameters\toperations by layer",
		"1\t50.00 %\t1.5\t1,000\ta"})
	text, err := front.Encode()
	if err != nil || !strings.Contains(string(text), `"epochs": 4`) {
		t.Errorf("front.json: %s, %v", text, err)
	}
	list := Listing{Unit: "million MACs"}
	for _, a := range archs {
		list.Architectures = append(list.Architectures, Listed{Name: a.Name(), Role: a.Role, Architecture: a})
	}
	nameFront(list.Architectures, OnFront(archs))
	same(t, "list", list.Rows(), nil, []string{
		"name\tfront\tscored as\tepochs\taccuracy (trained alone)\tM MACs\tparameters\toperations by layer",
		"round-1-1\t-\tsampled\t2\t75.00 %\t1.5\t1,000\ta",
		"round-1-2\t-\tsampled\t2\t25.00 %\t1.5\t1,000\tb",
		"round-1-3\tfront-1\tsampled\t4\t50.00 %\t1.5\t1,000\ta"})
	s := Summary{Dir: r.Dir}
	if err := s.read(); err != nil || s.Best != 0.5 || s.Epochs != 4 || s.Front != 1 || s.Rounds != 1 {
		t.Errorf("summary %+v, %v", s, err)
	}
	same(t, "runs", Rows([]Summary{
		{Dir: "x", Status: "finished", Rounds: 2, Front: 1, Best: 0.5, Epochs: 1, Data: "d"},
		{Dir: "y", Status: "finished", Front: 1, Best: 0.25, Data: "d"},
		{Dir: "z", Status: "stopped", Data: "d"}}), nil,
		[]string{"run\tstatus\trounds\tfront\tbest\taccuracy of\tseed\tdata",
			"x\tfinished\t2\t1\t50.00 %\ttrained alone, 1 epoch\t0\td",
			"y\tfinished\t0\t1\t25.00 %\tshared weights\t0\td", "z\tstopped\t0\t0\t-\t-\t0\td"})
}
