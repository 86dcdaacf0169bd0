package bench

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/nse-dev/nse/supernet/graph"
)

func TestKindsBesideTheRoofline(t *testing.T) {
	got := kinds(map[string]graph.Cost{
		"sum":        {Time: time.Second, Calls: 3, Bytes: 5e9},
		"conv dense": {Time: 2 * time.Second, Calls: 1, FLOPs: 100e9, Bytes: 2e9},
		"conv 1×1":   {Time: time.Second, Calls: 2, FLOPs: 10e9, Bytes: 4e9},
	}, 5*time.Second, Roofline{GFLOPS: 100, GBs: 10})
	want := []Kind{
		{"conv dense", 2, 0.4, 1, 50, 0.5, 1, 0.1, "arithmetic"},
		{"conv 1×1", 1, 0.2, 2, 10, 0.1, 4, 0.4, "memory"},
		{"sum", 1, 0.2, 3, 0, 0, 5, 0.5, "memory"},
		{"rest", 1, 0.2, 0, 0, 0, 0, 0, ""},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Every call takes one tick of the clock, and so does what comes before it.
func TestProfileOfTheTrainingSteps(t *testing.T) {
	got, err := newBench(t, ticking(time.Millisecond)).Profile(4)
	if err != nil {
		t.Fatal(err)
	}
	calls, shares := 0, 0.0
	for _, k := range got.Kinds {
		calls += k.Calls
		shares += k.Share
	}
	if last := got.Kinds[len(got.Kinds)-1]; last.Kind != "rest" || calls == 0 ||
		last.Seconds != round(float64(calls+1)/1e3, 6) {
		t.Errorf("%d calls and %+v", calls, last)
	}
	if math.Abs(shares-1) > 0.01 || got.Seconds != round(float64(2*calls+1)/1e3, 6) {
		t.Errorf("shares are %v in all, of %v s", shares, got.Seconds)
	}
	if want := round(2*16*256*96*96/1e-3/1e9, 1); got.PeakGFLOPS != want {
		t.Errorf("peak of %v GFLOPS, want %v", got.PeakGFLOPS, want)
	}
	if want := round(3*64*(1<<20)/1e-3/1e9, 1); got.PeakGBs != want {
		t.Errorf("memory of %v GB/s, want %v", got.PeakGBs, want)
	}
}
