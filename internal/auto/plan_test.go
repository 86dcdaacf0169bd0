package auto

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet"
)

// cifar is 50,000 images on a machine that trains at 40 GMAC/s.
var cifar = Facts{Images: 50_000, Input: supernet.Input{Height: 32, Width: 32, Channels: 3, Classes: 10},
	Search: 45e9, Train: 40e9}

// seconds is what the parts of a plan take.
func (p Plan) seconds(f Facts) float64 {
	epochs := p.Epochs
	for _, r := range p.Rungs {
		epochs += r.Candidates * r.Epochs
	}
	return float64(epochs)*f.epoch(p.MACs) + p.Looks*f.look(p.Searched)
}

func TestPlan(t *testing.T) {
	p, err := cifar.plan(3*time.Hour, 20_000_000, 5_000_000)
	if err != nil {
		t.Fatal(err)
	}
	// An epoch takes 3·20·10⁶·50,000/(40·10⁹) = 75 s: 79 of them are 55 % of the time, and 28 are 20 %, in eighths. The
	// search has what is left of 95 %, in epochs of 16.7 s.
	want := Plan{Within: 3 * time.Hour, MACs: 20_000_000, Searched: 5_000_000, Looks: 152, Epochs: 79,
		Spend: 152 * 3 * 5e6 * 50_000}
	if p.Looks != want.Looks || p.Epochs != want.Epochs || p.Spend != want.Spend || p.Rungs[0] != (Rung{4, 3}) ||
		p.Rungs[1] != (Rung{2, 6}) {
		t.Errorf("plan %+v, want %+v", p, want)
	}
}

// TestPlansFit: every plan ends within 95 % of its time, and uses most of it unless more gains nothing. What is refused
// is told the least time, which is not refused.
func TestPlansFit(t *testing.T) {
	refused := 0
	for _, images := range []int{50, 600, 5000, 60_000, 1_200_000} {
		for _, macs := range []int64{500_000, 20_000_000, 300_000_000} {
			for _, within := range []time.Duration{time.Minute, 15 * time.Minute, 3 * time.Hour, 48 * time.Hour} {
				f := cifar
				f.Images = images
				p, err := f.plan(within, macs, macs/4)
				if err != nil {
					refused++
					_, text, _ := strings.Cut(err.Error(), "want at least ")
					text, _, _ = strings.Cut(text, ",")
					least, parsed := time.ParseDuration(text)
					if parsed != nil || least <= within {
						t.Fatalf("%v: %v", err, parsed)
					}
					if p, err = f.plan(least, macs, macs/4); err != nil {
						t.Errorf("the least time is refused: %v", err)
					}
				}
				took := p.seconds(f)
				if whole := p.Within.Seconds(); took > 0.95*whole+1e-6 {
					t.Errorf("%d images, %d MACs, %v: %+v takes %.0f s", images, macs, p.Within, p, took)
				} else if took < 0.8*whole && p.Epochs < mostEpochs && p.Looks < mostRounds*f.round() {
					t.Errorf("%d images, %d MACs, %v: %+v takes only %.0f s", images, macs, p.Within, p, took)
				}
				if p.Epochs < leastEpochs || p.Looks < f.leastLooks()-1 {
					t.Errorf("%d images, %d MACs, %v: %+v", images, macs, p.Within, p)
				}
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

func TestBudget(t *testing.T) {
	for _, test := range []struct {
		within     time.Duration
		macs       int64
		wantWithin time.Duration
		wantMACs   int64
	}{
		{3 * time.Hour, 5e6, 3 * time.Hour, 5e6},
		// 48 epochs of 75 s are 55 % of 110 minutes.
		{0, 20e6, 110 * time.Minute, 20e6},
		{0, 0, 110 * time.Minute, 20e6},
		// 0.55·3,600·40·10⁹ MACs are 48 epochs of 11 million.
		{time.Hour, 0, time.Hour, 11e6},
		{time.Second, 0, time.Second, leastMACs},
		{1000 * time.Hour, 0, 1000 * time.Hour, mostMACs},
	} {
		within, macs := cifar.budget(test.within, test.macs)
		if within != test.wantWithin || macs != test.wantMACs {
			t.Errorf("%v, %d: %v and %d, want %v and %d", test.within, test.macs, within, macs, test.wantWithin,
				test.wantMACs)
		}
	}
}

// Characters are others in a mirror, and other images are not.
func TestFlips(t *testing.T) {
	for spec, want := range map[string]bool{"mnist:DIR": false, "kmnist:DIR": false, "k49:DIR": false,
		"emnist-balanced:DIR": false, "emnist-letters:DIR": false, "fashion-mnist:DIR": true, "folder:emnist-": true} {
		f, s := cifar, nse.Settings{}
		f.Written = written(spec)
		if f.recipe(&s, 40); s.Retrain.Augment.Flip != want {
			t.Errorf("%s: flip is %v", spec, s.Retrain.Augment.Flip)
		}
	}
}

// TestEnds: 462 images are 16 steps an epoch, so that 192 steps take 12 epochs.
func TestEnds(t *testing.T) {
	f := cifar
	if e := f.ends(); !slices.Equal(e, []int{2, 4, 8}) {
		t.Errorf("50,000 images: %v", e)
	}
	if f.Images = 462; !slices.Equal(f.ends(), []int{12, 24, 48}) {
		t.Errorf("462 images: %v", f.ends())
	}
}

func TestSide(t *testing.T) {
	for _, test := range []struct {
		median int
		macs   int64
		want   int
	}{{500, 20e6, 64}, {50, 20e6, 48}, {20, 20e6, 32}, {4000, 600e6, 224}, {4000, 0, 64}, {4000, 1e6, 32}} {
		if got := side(test.median, test.macs); got != test.want {
			t.Errorf("median %d, %d MACs: %d, want %d", test.median, test.macs, got, test.want)
		}
	}
}

// TestMacros: every network ends at 4 to 8 pixels a side, and can be built.
func TestMacros(t *testing.T) {
	for _, side := range []int{16, 28, 32, 48, 64, 96, 128, 224} {
		for _, macs := range []int64{500_000, 3e6, 20e6, 300e6} {
			in := supernet.Input{Height: side, Width: side, Channels: 3, Classes: 10}
			s, err := macro(in, macs, 8).Skeleton(in)
			if err != nil {
				t.Fatal(err)
			}
			if last := s.Head.In.Height; last < 3 || last > 8 {
				t.Errorf("%d pixels, %d MACs: %d pixels at the end", side, macs, last)
			}
		}
	}
}

func TestDiffers(t *testing.T) {
	was := Ask{Spec: "generated", Seed: 1, Within: time.Hour}
	if d := was.differs(was); d != "" {
		t.Error(d)
	}
	if d := was.differs(Ask{Spec: "generated", Seed: 2, Within: time.Minute}); d != "--within 1h0m0s, --seed 1" {
		t.Error(d)
	}
}

// TestFit: what is returned was measured to be fast enough, whatever steps the scales of channels have.
func TestFit(t *testing.T) {
	for _, step := range []int64{1, 3e6, 9e6} { // scales of an architecture are that far apart
		tried := map[int64]time.Duration{}
		got, err := fit(20e6, 5*time.Millisecond, func(macs int64) (int64, time.Duration, error) {
			used := max(macs/step*step, step)
			tried[macs] = time.Duration(used) // a nanosecond for each
			return used, tried[macs], nil
		})
		if took, measured := tried[got]; step < 5e6 && (err != nil || !measured || took > 5*time.Millisecond ||
			took < 2*time.Millisecond) {
			t.Errorf("steps of %d: %d MACs take %v, %v", step, got, took, err)
		}
		want := "one image takes 9ms on this machine, more than 5ms"
		if step > 5e6 && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("steps of %d: %d, %v", step, got, err)
		}
	}
}

// TestPaceOfFewImages: 370 images and 462 are 16 steps of 32 both, so that an epoch takes as long.
func TestPaceOfFewImages(t *testing.T) {
	f := Facts{Images: 462}
	m := nse.Model{Seconds: 11, Model: &modelfile.Model{Training: &modelfile.Training{Images: 370}}}
	if pace := (&auto{record: record{Facts: f}}).paceOf([]nse.Model{m}, 11); pace != 1 {
		t.Errorf("an epoch takes %v s, want 1", pace)
	}
	f.Images, m.Model.Training.Images = 50_000, 40_000
	if pace := (&auto{record: record{Facts: f}}).paceOf([]nse.Model{m}, 11); pace != 1.25 {
		t.Errorf("an epoch takes %v s, want 1.25", pace)
	}
}
