package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/bench"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/plugins"
)

// timing is the command line of bench.
type timing struct {
	what                          string
	threads, batch, passes, score int
	alone, profile, json          bool
}

const benchHelp = `Time training steps and the scoring of architectures on a workload: a JSON file of layers with
their operations, the paths that each training step takes through them, and architectures to score. A program that
runs the same file on another engine can be compared with nse, figure by figure. A workload of one layer with two
operations:

  {"name": "tiny", "image": [8, 8, 3], "classes": 10, "batch": 4, "stem": {"channels": 4, "stride": 1}, "head": 8,
   "layers": [{"cin": 4, "cout": 4, "stride": 1, "ops": [
     {"family": "mbconv", "kernel": 3, "expand": 2, "dilation": 1, "groups": [1, 1]},
     {"family": "ssc", "kernel": 5, "expand": 1, "dilation": 1, "groups": [1, 1]}]}],
   "train_steps": [[[0]], [[0, 1]]],
   "score": {"batch": 4, "calibration_images": 8, "validation_images": 8, "architectures": [[[]], [[1]]]}}

train runs all steps once to warm up and --passes times more, on one batch of random images, and takes the least time
of each step: the median over the steps, and images a second and arithmetic (6 operations for each MAC of the forward
pass) over their sum. score takes BN statistics anew from the calibration images and classifies the validation images,
once for all that architectures have in common at their beginning; the fewer are scored, the less they share and the
longer each takes. With --alone each is scored in a call of its own. accuracies_sha256 is the SHA-256 of the
accuracies, as little-endian float64, in the order of the file: it is the same with and without --alone, all else
being equal. Training before scoring changes it. Memory is the most that the process has had up to then.

--profile passes over the training steps once more and shows the time of each kind of kernel, its arithmetic beside
that of a convolution whose numbers are at hand, and the bytes of its inputs and outputs beside the bandwidth of
memory, which it may exceed if they are in a cache. The bound is what it comes nearer to. Only the arithmetic of
convolutions counts.`

func benchVerb() *cobra.Command {
	var t timing
	c := &cobra.Command{
		Use:   "bench WORKLOAD",
		Short: "Time training and scoring on a workload",
		Long:  benchHelp,
		Example: `  nse bench tiny.json
  nse bench tiny.json --what train --threads 1 --batch 64 --json
  nse bench tiny.json --what score --score 1
  nse bench tiny.json --what train --profile`,
		Args:    usage(cobra.ExactArgs(1)),
		PreRunE: checked(t.check),
		RunE:    func(c *cobra.Command, args []string) error { return t.run(c, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&t.what, "what", "", "train or score (default: both)")
	f.IntVar(&t.threads, "threads", 2, "number of cores to use")
	f.IntVar(&t.batch, "batch", 0, "images of a training step (default: as the workload says)")
	f.IntVar(&t.passes, "passes", 3, "passes over the training steps, besides the one to warm up")
	f.IntVar(&t.score, "score", 0, "score that many architectures (default: all)")
	f.BoolVar(&t.alone, "alone", false, "score each architecture in a call of its own, with nothing shared")
	f.BoolVar(&t.profile, "profile", false,
		"show at the end what the kernels of training take, beside the machine's peaks")
	f.BoolVar(&t.json, "json", false, "print a line of JSON for train, one for score and one for --profile")
	return c
}

// check refuses flags with which nothing can be timed.
func (t *timing) check(c *cobra.Command) error {
	const mostThreads = 1024
	given := c.Flags().Changed
	switch {
	case given("what") && t.what != "train" && t.what != "score":
		return fmt.Errorf("--what %q: want train or score", t.what)
	case t.threads < 1 || t.threads > mostThreads:
		return fmt.Errorf("--threads %d: want 1 to %d", t.threads, mostThreads)
	case given("batch") && t.batch < 2:
		return fmt.Errorf("--batch %d: want 2 or more, which batch normalisation needs", t.batch)
	case t.passes < 1:
		return fmt.Errorf("--passes %d: want 1 or more", t.passes)
	case t.profile && t.what == "score":
		return errors.New("--profile is of training, which --what score leaves out")
	case given("score") && t.score < 1:
		return fmt.Errorf("--score %d: want 1 or more", t.score)
	}
	return nil
}

// run times on as many threads as are asked for and no more, the garbage collector's included.
func (t *timing) run(c *cobra.Command, path string) error {
	w, err := bench.ReadWorkload(path)
	if err != nil {
		return err
	}
	all := len(w.Score.Architectures)
	t.batch, t.score = cmp.Or(t.batch, w.Batch), cmp.Or(t.score, all)
	if t.score > all {
		return fmt.Errorf("--score %d: the workload has %d architectures", t.score, all)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(t.threads))
	b, err := bench.New(w, plugins.Builtin, t.threads, time.Now)
	if err == nil {
		defer b.Close()
		err = t.print(c, b)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// print times and prints what is asked for. The profile comes last, since measuring peaks takes memory.
func (t *timing) print(c *cobra.Command, b *bench.Bench) (err error) {
	print := func(r interface{ Rows() []string }, err error) error {
		switch {
		case err != nil:
			return err
		case t.json:
			return json.NewEncoder(c.OutOrStdout()).Encode(r)
		}
		return text.Table(c.OutOrStdout(), r.Rows())
	}
	score := b.Score
	if t.alone {
		score = b.ScoreAlone
	}
	if t.what != "score" {
		err = print(b.Train(t.batch, t.passes))
	}
	if err == nil && t.what != "train" {
		err = print(score(c.Context(), t.score))
	}
	if err == nil && t.profile {
		err = print(b.Profile(t.batch))
	}
	return err
}
