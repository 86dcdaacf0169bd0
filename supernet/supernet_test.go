package supernet

import (
	"slices"
	"testing"
)

// The macro-architectures of Tables 5 and 6: output channels and strides of the searched layers at 224×224.
func TestMacrosOfThePaper(t *testing.T) {
	type run struct{ layers, channels, stride int }
	tables := map[string][]run{
		"flops": {{1, 16, 1}, {1, 24, 2}, {3, 24, 1}, {1, 40, 2}, {3, 40, 1}, {1, 80, 2}, {3, 80, 1}, {1, 96, 1},
			{3, 96, 1}, {1, 192, 2}, {3, 192, 1}, {1, 320, 1}},
		"latency": {{1, 16, 1}, {1, 32, 2}, {3, 32, 1}, {1, 64, 2}, {3, 64, 1}, {1, 128, 2}, {7, 128, 1}, {1, 256, 2},
			{3, 256, 1}},
	}
	for name, table := range tables {
		m, err := Built(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Skeleton(Input{Height: 224, Width: 224, Channels: 3, Classes: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var got, want []run
		for _, r := range table {
			want = append(want, slices.Repeat([]run{{1, r.channels, r.stride}}, r.layers)...)
		}
		for _, l := range s.Layers {
			got = append(got, run{1, l.Out, l.Stride})
		}
		if last := s.Layers[len(s.Layers)-1].Output(); !slices.Equal(got, want) || last.Height != 7 {
			t.Errorf("%s: layers %v and a last output of %v, want %v and 7×7", name, got, last, want)
		}
	}
}

func TestTrainingOfThePaper(t *testing.T) {
	want := TrainConfig{Batch: 1024, Epochs: 100, LR: 0.4, WarmupLR: 0.1, WarmupEpochs: 2, Momentum: 0.9,
		WeightDecay: 4e-5}
	for _, preset := range []string{"paper", "default"} {
		if got := DefaultTrain(preset); got != want {
			t.Errorf("%s: %+v, want %+v", preset, got, want)
		}
	}
	if want.Coast = true; DefaultTrain("official") != want {
		t.Errorf("official: %+v, want %+v", DefaultTrain("official"), want)
	}
}
