package tensorboard

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
)

const (
	boardFolder = "tensorboard"
	boardFile   = "events.out.tfevents.nse"
	byRound     = "rounds" // the folder of what has one value a round
)

// Board keeps the TensorBoard files of a run. One folder has what has a value for each round, over the rounds. Each
// round has a folder for what happens in it, over its steps. All follow from the events in the run's database. The zero
// value is a board that has read no event yet. Methods are for one goroutine.
type Board struct {
	next     int               // number of the next event
	files    map[string][]byte // by folder: what has come since they were last written
	standing evolve.Standing
	step     int         // weight updates of the round
	theta    [][]float64 // by layer: the latest fitness of the round
	best     float64     // accuracy in the round
	sampled  []float64   // accuracies of the round
}

// Rewrite makes the files what they should be. The board must have read no event.
func (b *Board) Rewrite(r *runs.Run) error {
	return b.read(r, func(path string, data []byte) error {
		return file.Update(path, func() ([]byte, error) { return data, nil })
	})
}

// Extend appends what has happened since the files were last written. A process that is killed here leaves a file that
// Rewrite mends.
func (b *Board) Extend(r *runs.Run) error { return b.read(r, file.Append) }

// read takes the events that it has not read yet and writes what comes of them.
func (b *Board) read(r *runs.Run, write func(path string, data []byte) error) error {
	events, err := r.EventsFrom(b.next)
	if err != nil {
		return err
	}
	for _, e := range events {
		body, err := evolve.ParseBody(e.Kind, e.Body)
		if err != nil {
			return fmt.Errorf("%s: event %d: %w", r.Dir, e.Seq, err)
		}
		b.observe(e, body)
		b.next = e.Seq + 1
	}
	for _, folder := range slices.Sorted(maps.Keys(b.files)) {
		if data := b.files[folder]; len(data) > 0 {
			err = errors.Join(err, write(filepath.Join(r.Dir, boardFolder, folder, boardFile), data))
			b.files[folder] = nil
		}
	}
	return err
}

// observe adds what an event tells.
func (b *Board) observe(e runs.Event, body evolve.Body) {
	b.standing.Observe(body)
	steps, rounds := chart{b, e.Time, fmt.Sprintf("round-%02d", e.Round), b.step}, chart{b, e.Time, byRound, e.Round}
	switch body := body.(type) {
	case evolve.RoundStarted:
		b.step, b.theta, b.best, b.sampled = 0, make([][]float64, len(body.Subset)), 0, nil
		rounds.scalar("space/log10_architectures", text.Log10(body.SubsetSize))
		rounds.count("space/operations", counted(body.Subset))
		rounds.count("space/inherited", counted(body.Inherited))
	case evolve.Trained:
		b.step = body.Step + 1
		steps.step = b.step
		steps.scalar("train/loss", body.Loss)
	case evolve.FitnessUpdated:
		steps.scalar("fitness/loss", body.Loss)
		steps.scalar("fitness/expected_cost", body.Cost)
		steps.scalar("fitness/resource_term", body.Resource)
		if body.Theta != nil {
			clear(b.theta)
			b.standing.Each(body.Theta, func(l int, _ evolve.OpID, theta float64) {
				b.theta[l] = append(b.theta[l], theta)
			})
			steps.fitness()
		}
	case evolve.Dropped:
		steps.count("fitness/dropped", b.standing.Dropped())
	case evolve.Sampled:
		rounds.fitness()
		rounds.count("space/dropped", b.standing.Dropped())
		rounds.count("sampled/found", body.Feasibility.Found)
		rounds.count("sampled/outside", body.Feasibility.Extras)
		rounds.scalar("sampled/acceptance", float64(body.Feasibility.Accepted)/float64(max(1, body.Feasibility.Draws)))
	case evolve.Scored:
		b.scored(chart{b, e.Time, steps.folder, body.Done}, body.Trial)
	case evolve.FrontRetrieved:
		rounds.histogram("sampled/accuracy", b.sampled)
		rounds.front(body)
	case evolve.Aggregated:
		rounds.count("space/kept", counted(body.Kept))
	case evolve.Replenished:
		rounds.count("space/new", counted(body.New))
	}
}

func (b *Board) scored(c chart, t evolve.Trial) {
	c.scalar("score/accuracy", t.Accuracy)
	if !t.Extra {
		b.best = max(b.best, t.Accuracy)
		c.scalar("score/best_accuracy", b.best)
	}
	if !t.Extra && !t.Rehearsed {
		b.sampled = append(b.sampled, t.Accuracy)
	}
}

// chart is a place on a board: a folder and a step.
type chart struct {
	*Board
	time   time.Time
	folder string
	step   int
}

func (c chart) scalar(tag string, value float64) {
	c.add(func(data []byte) []byte { return AppendScalar(data, c.time, c.step, tag, value) })
}

func (c chart) count(tag string, n int) { c.scalar(tag, float64(n)) }

func (c chart) histogram(tag string, values []float64) {
	c.add(func(data []byte) []byte { return AppendHistogram(data, c.time, c.step, tag, values) })
}

// add appends to the folder's file, which begins with a version.
func (c chart) add(to func([]byte) []byte) {
	if c.files == nil {
		c.files = map[string][]byte{}
	}
	data, begun := c.files[c.folder]
	if !begun {
		data = AppendVersion(nil, c.time)
	}
	c.files[c.folder] = to(data)
}

// fitness shows how θ is spread in each layer.
func (c chart) fitness() {
	for l, theta := range c.theta {
		c.histogram(fmt.Sprintf("fitness/layer-%02d", l), theta)
	}
}

func (c chart) front(f evolve.FrontRetrieved) {
	c.count("front/architectures", len(f.Members))
	if len(f.Members) > 0 {
		best := slices.MaxFunc(f.Members, func(a, b evolve.Member) int { return cmp.Compare(a.Accuracy, b.Accuracy) })
		c.scalar("front/best_accuracy", best.Accuracy)
	}
	c.scalar("front/hypervolume", f.Hypervolume)
	if f.Rehearsed != nil {
		c.scalar("front/hypervolume_of_last_front", *f.Rehearsed)
	}
}

// counted is the number of operations of all layers.
func counted(paths []evolve.Path) (n int) {
	for _, path := range paths {
		n += len(path)
	}
	return n
}
