package auto

import (
	"fmt"
	"math"
	"time"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// Facts are what a plan follows from.
type Facts struct {
	Images  int            `json:"images"` // for training, with those that are held out of it
	Input   supernet.Input `json:"input"`
	Written bool           `json:"written"`                // they show characters, which are others in a mirror
	Search  float64        `json:"search_macs_per_second"` // of trainings beside each other, at the search's cost
	Train   float64        `json:"train_macs_per_second"`  // of one training on all cores, at the budget
}

// Plan says what an automatic search does, and what it takes. docs/auto.md has the rules and what stands behind them.
type Plan struct {
	Within   time.Duration `json:"within_ns"`   // for everything
	MACs     int64         `json:"macs"`        // of the network for one image, at most
	Searched int64         `json:"searched"`    // MACs of the architectures that the search compares
	Spend    float64       `json:"search_macs"` // of all trainings of the search
	Looks    float64       `json:"looks"`       // epochs that these are, at Searched MACs
	Rungs    []Rung        `json:"rungs"`       // trainings at MACs, to choose one of the search's best
	Epochs   int           `json:"epochs"`      // of the last training
}

// Rung is trainings of equal length. The best of it go on to the next one.
type Rung struct {
	Candidates int `json:"candidates"`
	Epochs     int `json:"epochs"`
}

// How the time is shared, in parts of it. What is left is for reading, tests and files.
const (
	trainPart  = 0.55 // the last training
	choicePart = 0.20 // the rungs before it
	sparePart  = 0.05
)

const (
	scaleDown   = 4   // how many times less an architecture costs while it is searched, if it can
	leastEpochs = 10  // of the last training
	mostEpochs  = 400 // likewise: more gain nothing
	mostRounds  = 9   // of the search
	rungSteps   = 192 // the least number of weight updates that rank architectures
	leastMACs   = 500_000
	roomy       = 2 // times the narrowest network's cost: the least budget that follows from the time
	mostMACs    = 100_000_000
	epochSteps  = 16 // the least number of weight updates in an epoch
)

// budget completes a time and a budget. Without a time it is what the data need, and without a budget it is the largest
// that they can be trained for. Without both the budget is 20 million MACs.
func (f Facts) budget(within time.Duration, macs int64) (time.Duration, int64) {
	epochs := float64(f.good())
	switch {
	case macs == 0 && within == 0:
		return f.budget(0, 20_000_000)
	case macs == 0:
		most := trainPart * within.Seconds() * f.Train / (3 * float64(f.seen(f.Images)) * epochs)
		macs = round2(int64(min(max(most, leastMACs), mostMACs)))
	case within == 0:
		seconds := max(f.epoch(macs)*epochs/trainPart, f.least(macs, macs/scaleDown))
		within = time.Duration(math.Ceil(seconds/60)) * time.Minute
	}
	return within, macs
}

// plan fits a search of architectures of so many MACs into the time. An error says what the least time is.
func (f Facts) plan(within time.Duration, macs, searched int64) (p Plan, err error) {
	seconds := within.Seconds()
	if least := f.least(macs, searched); seconds < least {
		return p, fmt.Errorf("%v is too short for %d images and %.3g million MACs on this machine: want at least %v, "+
			"or a smaller budget", within, f.Images, text.Millions(macs), rounded(least))
	}
	p = Plan{Within: within, MACs: macs, Searched: searched}
	epoch, look := f.epoch(macs), f.look(searched)
	epochs := min(max(int(trainPart*seconds/epoch), leastEpochs), mostEpochs)
	first := max(1, min(int(choicePart*seconds/epoch), epochs)/8)
	p.Rungs = []Rung{{4, first}, {2, 2 * first}}
	left := (1-sparePart)*seconds - epoch*float64(8*first)
	p.Epochs = max(min(epochs, int((left-f.leastLooks()*look)/epoch)), leastEpochs)
	left -= epoch * float64(p.Epochs)
	p.Looks = min(math.Floor(left/look), mostRounds*f.round())
	p.Spend = p.Looks * 3 * float64(searched) * float64(f.seen(f.Images))
	return p, nil
}

// search is the time of the search.
func (p Plan) search(f Facts) time.Duration {
	return time.Duration(p.Looks * f.look(p.Searched) * float64(time.Second))
}

// after is the number of epochs at the budget that are left from a rung on.
func (p Plan) after(rung int) int {
	epochs := p.Epochs
	for _, r := range p.Rungs[rung:] {
		epochs += r.Candidates * r.Epochs
	}
	return epochs
}

// rounded is a time that is said to people: to the next minute, or the next second where it is short.
func rounded(seconds float64) time.Duration {
	unit := time.Minute
	if seconds < 300 {
		unit = time.Second
	}
	return time.Duration(math.Ceil(seconds*float64(time.Second)/float64(unit))) * unit
}

// good is the number of epochs after which a network of some million MACs has learned most of what it can: 48 for
// 50,000 images, and more for fewer.
func (f Facts) good() int { return int(min(max(2.4e6/float64(f.seen(f.Images)), 30), 300)) }

// least is the least time in seconds that a search needs.
func (f Facts) least(macs, searched int64) float64 {
	return (f.epoch(macs)*(leastEpochs+8) + f.look(searched)*f.leastLooks()) / (1 - sparePart)
}

// epoch is the time of an epoch of the last training, in seconds.
func (f Facts) epoch(macs int64) float64 {
	return 3 * float64(macs) * float64(f.seen(f.Images)) / f.Train
}

// look is the time of an epoch of the search, in seconds.
func (f Facts) look(macs int64) float64 {
	return 3 * float64(macs) * float64(f.seen(f.Images)) / f.Search
}

// ends are the rungs of the search in epochs: 2, 4 and 8, or more where these are few steps.
func (f Facts) ends() []int {
	steps := float64(f.seen(f.Images)) / float64(f.batch())
	first := max(2, int(math.Ceil(rungSteps/steps)))
	return []int{first, 2 * first, 4 * first}
}

// round is the length of a round of 16, 4 and 1 architectures in epochs.
func (f Facts) round() float64 { return float64(22 * f.ends()[0]) }

// leastLooks is the length of the least search in epochs: of 8 architectures to half of the first rung, and the best 4
// of these to its end.
func (f Facts) leastLooks() float64 {
	return float64(8*(f.ends()[0]/2) + 4*(f.ends()[0]-f.ends()[0]/2))
}

// seen is the number of images that an epoch of so many images sees: few are repeated.
func (f Facts) seen(images int) int { return max(images, epochSteps*f.batch()) }

// batch is the number of images in a step: so few images make so few steps that smaller ones are worth more.
func (f Facts) batch() int {
	switch {
	case f.Images < 2000:
		return 32
	case f.Images < 20000:
		return 64
	}
	return 128
}

// round2 is a number to two digits, rounded down.
func round2(n int64) int64 {
	unit := int64(1)
	for ; n/unit >= 100; unit *= 10 {
	}
	return n / unit * unit
}

// side is the side of images in pixels that is wise for files whose shorter sides have a median. More pixels leave
// fewer channels for the same budget. A budget of 0 is not known yet.
func side(median int, macs int64) int {
	most := 64
	for _, s := range []struct {
		from int64
		side int
	}{{1, 32}, {6e6, 48}, {12e6, 64}, {40e6, 96}, {100e6, 128}, {200e6, 160}, {400e6, 224}} {
		if macs >= s.from {
			most = s.side
		}
	}
	sides := []int{32, 48, 64, 96, 128, 160, 224}
	best := sides[0]
	for _, s := range sides {
		if s <= most && s <= median {
			best = s
		}
	}
	return best
}

// macro is the network around the searched layers for images of a size, with channels in multiples of unit. Scaling to
// a budget leaves the stem as it is.
func macro(in supernet.Input, macs int64, unit int) supernet.Macro {
	m := supernet.Macro{Name: "small", StemStride: 1, Head: 256, Activation: sdk.ReLU}
	stem := 16
	switch {
	case macs < 2_000_000:
		stem, m.Head = 8, 64
	case macs < 8_000_000:
		m.Head = 128
	}
	side := max(in.Height, in.Width)
	if side >= 56 || side >= 28 && macs < 4_000_000 {
		m.StemStride = 2
	}
	switch left := side / m.StemStride; {
	case left < 24 && macs < 4_000_000:
		m.Layers, m.Channels = "N R N R N", []int{stem, 2 * unit, 4 * unit}
	case left < 24:
		m.Layers, m.Channels = "N R NN R NN", []int{stem, 2 * unit, 4 * unit}
	case left < 56:
		m.Layers, m.Channels = "R NN R NNN R NN", []int{stem, unit, 2 * unit, 4 * unit}
	default:
		m.Layers, m.Channels = "R NN R NN R NNN R NN", []int{stem, unit, 2 * unit, 4 * unit, 8 * unit}
	}
	return m
}
