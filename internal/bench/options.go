package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/nse-dev/nse/sdk"
)

// Options say what is timed of a workload. Those that are 0 or empty are as the workload has it, but for Threads and
// Passes, which have to be given.
type Options struct {
	What    string // "train" or "score"; empty is both
	Threads int    // cores to use
	Batch   int    // images of a training step
	Passes  int    // over the training steps, besides the one to warm up
	Score   int    // architectures to score
	Alone   bool   // each architecture is scored in a call of its own
	Profile bool   // of the kernels of training, at the end
}

// Validate refuses options with which nothing can be timed. given reports whether a flag was given, by its name.
func (o Options) Validate(given func(flag string) bool) error {
	const mostThreads = 1024
	switch {
	case given("what") && o.What != "train" && o.What != "score":
		return fmt.Errorf("--what %q: want train or score", o.What)
	case o.Threads < 1 || o.Threads > mostThreads:
		return fmt.Errorf("--threads %d: want 1 to %d", o.Threads, mostThreads)
	case given("batch") && o.Batch < 2:
		return fmt.Errorf("--batch %d: want 2 or more, which batch normalisation needs", o.Batch)
	case o.Passes < 1:
		return fmt.Errorf("--passes %d: want 1 or more", o.Passes)
	case o.Profile && o.What == "score":
		return errors.New("--profile is of training, which --what score leaves out")
	case given("score") && o.Score < 1:
		return fmt.Errorf("--score %d: want 1 or more", o.Score)
	}
	return nil
}

// Figures are what one part of a benchmark comes to: a Training, a Scoring or a Profile.
type Figures interface{ Rows() []string }

// Run times the workload in the file at path. No more threads run than are asked for, the garbage collector's included.
// family finds a family of operations by its name. show is told of the figures as they come. The profile
// comes last, since measuring peaks takes memory. Errors start with the path, or name the option.
func (o Options) Run(
	ctx context.Context, path string, family func(name string) (sdk.Op, error), show func(Figures) error,
) error {
	w, err := ReadWorkload(path)
	if err != nil {
		return err
	}
	all := len(w.Score.Architectures)
	o.Batch, o.Score = cmp.Or(o.Batch, w.Batch), cmp.Or(o.Score, all)
	if o.Score > all {
		return fmt.Errorf("--score %d: the workload has %d architectures", o.Score, all)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.Threads))
	b, err := New(w, family, o.Threads, time.Now)
	if err == nil {
		defer b.Close()
		err = o.time(ctx, b, show)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// time times what is asked for.
func (o Options) time(ctx context.Context, b *Bench, show func(Figures) error) (err error) {
	shown := func(f Figures, err error) error {
		if err != nil {
			return err
		}
		return show(f)
	}
	score := b.Score
	if o.Alone {
		score = b.ScoreAlone
	}
	if o.What != "score" {
		err = shown(b.Train(o.Batch, o.Passes))
	}
	if err == nil && o.What != "train" {
		err = shown(score(ctx, o.Score))
	}
	if err == nil && o.Profile {
		err = shown(b.Profile(o.Batch))
	}
	return err
}
