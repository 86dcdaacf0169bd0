package bench

import (
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/plugins"
)

func TestWorkloadsThatMakeNoSense(t *testing.T) {
	for _, c := range []struct {
		change func(w *Workload)
		want   string
	}{
		{func(w *Workload) { w.Image = []int{8, 8} }, "image [8 8]: want height, width and channels"},
		{func(w *Workload) { w.Image[0] = 0 }, "macro: stem: output 0×8×3 is empty"},
		{func(w *Workload) { w.Classes = 1 }, "classes 1: want 2 or more"},
		{func(w *Workload) { w.Batch = 1 }, "batch 1: want 2 or more, which batch normalisation needs"},
		{func(w *Workload) { w.Head = -1 }, "macro: head = -1: want 1 or more, or 0 (no convolution)"},
		{func(w *Workload) { w.Stem.Stride = 0 }, "macro: stem_stride = 0: want 1 to 8"},
		{func(w *Workload) { w.Layers = nil }, `macro: layers = "": want letters N, R and E`},
		{func(w *Workload) { w.Layers[1].In = 8 }, "layer 1: cin 8, but what comes before it has 4 channels"},
		{func(w *Workload) { w.Layers[1].Stride = 3 }, "layer 1: stride 3: want 1 or 2"},
		{func(w *Workload) { w.Layers[1].Ops = nil }, "layer 1: ops is missing or empty"},
		{func(w *Workload) { w.Layers[0].Ops[1].Family = "box" },
			`layer 0: operation 1: there is no built-in plugin "box", only acb, bsconv, conv, convmixer, dualconv, ` +
				`eesp, elan, fusedmb, ghost, hg, inceptionnext, lcnet, mbconv, mixconv, mobileone, msca, osa, ` +
				`parnet, pconv, regnet, replk, repvgg, repvit, res2, sandglass, shuffle, ssc, star, uib, van`},
		{func(w *Workload) { w.Layers[0].Ops[0].Kernel = 4 }, "layer 0: operation 0: mbconv-k4-e2 at layer 0 (4→4, " +
			"stride 1, 8×8): kernel 4 is not an odd number in 1..99"},
		{func(w *Workload) { w.Layers[0].Ops[0].Dilation = 0 },
			"layer 0: operation 0: mbconv-k3-e2-d0 at layer 0 (4→4, stride 1, 8×8): dilation 0 is not in 1..99"},
		{func(w *Workload) { w.Layers[0].Ops[1].Groups = []int{2, 2} },
			`layer 0: operation 1: ssc has no attribute "groups": it has kernel, expand`},
		{func(w *Workload) { w.TrainSteps = nil }, "train_steps is missing or empty"},
		{func(w *Workload) { w.TrainSteps[1][0][1] = 2 }, "train_steps: 1: layer 0: operation 2 is not in 0..1"},
		{func(w *Workload) { w.TrainSteps[1][0][0] = 1 }, "train_steps: 1: layer 0: operations [1 1] do not ascend"},
		{func(w *Workload) { w.TrainSteps[0][1] = evolve.Path{} },
			"train_steps: 0: layer 1 changes channels or size and has no operation"},
		{func(w *Workload) { w.TrainSteps[0] = w.TrainSteps[0][:1] },
			"train_steps: 0: paths of 1 layers for a network of 2"},
		{func(w *Workload) { w.Score.Batch = 0 }, "score: batch 0: want 2 or more, which batch normalisation needs"},
		{func(w *Workload) { w.Score.Calibration = 3 }, "score: calibration_images 3: want a batch of 4 or more"},
		{func(w *Workload) { w.Score.Validation = 0 }, "score: validation_images 0: want a batch of 4 or more"},
		{func(w *Workload) { w.Score.Architectures = nil }, "architectures is missing or empty"},
		{func(w *Workload) { w.Score.Architectures[2][1][0] = -1 },
			"architectures: 2: layer 1: operation -1 is not in 0..1"},
	} {
		w := tiny()
		w.Layers[1].Ops = append([]Operation(nil), w.Layers[1].Ops...) // of its own
		c.change(&w)
		if _, err := New(w, plugins.Builtin, 1, nil); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
