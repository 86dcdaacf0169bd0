package bench

import (
	"cmp"
	"slices"
	"time"

	"github.com/nse-dev/nse/supernet/graph"
)

// Profile tells where the time of training goes.
type Profile struct {
	Workload   string  `json:"workload"`
	What       string  `json:"what"` // profile
	Threads    int     `json:"threads"`
	Batch      int     `json:"batch"`
	Seconds    float64 `json:"seconds"` // of all steps
	PeakGFLOPS float64 `json:"peak_gflops"`
	PeakGBs    float64 `json:"peak_gb_per_s"`
	Kinds      []Kind  `json:"kinds"` // the longest first
}

// Kind is what the kernels of one kind take, and how near they come to what the machine can do. Only convolutions
// count their arithmetic. Bytes are those of inputs and outputs, so that kernels which find them in the cache may come
// out above the memory's bandwidth.
type Kind struct {
	Kind     string  `json:"kind"` // rest for what is between the kernels
	Seconds  float64 `json:"seconds"`
	Share    float64 `json:"share"` // of all steps
	Calls    int     `json:"calls,omitempty"`
	GFLOPS   float64 `json:"gflops,omitempty"`
	OfPeak   float64 `json:"of_peak,omitempty"`
	GBs      float64 `json:"gb_per_s,omitempty"`
	OfMemory float64 `json:"of_memory,omitempty"`
	Bound    string  `json:"bound,omitempty"` // the nearer one: arithmetic or memory
}

// Profile passes over the training steps once more, after Train has warmed up, and measures the time of every kernel.
// Peaks are measured before and after, since another program may be at work; the better ones count.
func (b *Bench) Profile(batch int) (Profile, error) {
	images, err := b.images(batch)
	if err != nil {
		return Profile{}, err
	}
	roof := MeasureRoofline(b.threads, b.now)
	kernels := graph.NewProfile(b.now)
	b.net.Profile(kernels)
	defer b.net.Profile(nil)
	start := b.now()
	for _, a := range b.workload.TrainSteps {
		if _, err := b.net.Step(a, images, learningRate, sgd, 0); err != nil {
			return Profile{}, err
		}
	}
	took := max(b.now().Sub(start), 1)
	roof = roof.or(MeasureRoofline(b.threads, b.now))
	return Profile{
		Workload:   b.workload.Name,
		What:       "profile",
		Threads:    b.threads,
		Batch:      batch,
		Seconds:    round(took.Seconds(), 6),
		PeakGFLOPS: round(roof.GFLOPS, 1),
		PeakGBs:    round(roof.GBs, 1),
		Kinds:      kinds(kernels.Kinds, took, roof),
	}, nil
}

// kinds are the kinds of kernels in all the time that was taken, and the rest of it.
func kinds(costs map[string]graph.Cost, took time.Duration, roof Roofline) (list []Kind) {
	rest := took
	for name, c := range costs {
		rest -= c.Time
		list = append(list, kind(name, c, took, roof))
	}
	slices.SortFunc(list,
		func(a, b Kind) int { return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Kind, b.Kind)) })
	return append(list,
		Kind{Kind: "rest", Seconds: round(rest.Seconds(), 6), Share: round(rest.Seconds()/took.Seconds(), 4)})
}

func kind(name string, c graph.Cost, took time.Duration, roof Roofline) Kind {
	seconds := max(c.Time, 1).Seconds() // a coarse clock may see none
	gflops, gbs := float64(c.FLOPs)/seconds/1e9, float64(c.Bytes)/seconds/1e9
	bound := "memory"
	if gflops/roof.GFLOPS > gbs/roof.GBs {
		bound = "arithmetic"
	}
	return Kind{
		Kind:     name,
		Seconds:  round(seconds, 6),
		Share:    round(seconds/took.Seconds(), 4),
		Calls:    c.Calls,
		GFLOPS:   round(gflops, 2),
		OfPeak:   round(gflops/roof.GFLOPS, 4),
		GBs:      round(gbs, 2),
		OfMemory: round(gbs/roof.GBs, 4),
		Bound:    bound,
	}
}
