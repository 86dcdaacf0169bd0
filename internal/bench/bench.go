// Package bench times the engine on a workload: a network, the paths of training steps and architectures to score, in a
// file that a program on another engine can be timed on too.
package bench

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Bench is the supernet of a workload. Methods are for one goroutine. Close it after use.
type Bench struct {
	workload Workload
	network  network
	net      *supernet.Net
	threads  int
	rand     *rand.Rand
	now      func() time.Time
}

// New builds the supernet of a workload. family finds a family of operations by its name. threads is the number of
// cores to use, and now the clock. Errors name the layer and the operation.
func New(w Workload, family func(name string) (sdk.Op, error), threads int, now func() time.Time) (*Bench, error) {
	laid, err := w.layOut(family)
	if err != nil {
		return nil, err
	}
	net, err := supernet.NewNet(laid.Skeleton, laid.build, 1, threads)
	if err != nil {
		return nil, err
	}
	b := &Bench{w, laid, net, threads, random.New(1, "bench", 0, 0, 0), now}
	if err := net.Fill(laid.subset()); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close stops the threads.
func (b *Bench) Close() { b.net.Close() }

// Training tells how fast training is.
type Training struct {
	Workload        string  `json:"workload"`
	What            string  `json:"what"` // train
	Threads         int     `json:"threads"`
	Batch           int     `json:"batch"`
	MedianStepMS    float64 `json:"median_step_ms"`
	ImagesPerSecond float64 `json:"images_per_s"`
	MeanMACs        float64 `json:"mean_macs_per_image"` // millions, of the forward pass
	GFLOPS          float64 `json:"gflops"`
	// PeakRSSMiB is that of the process up to now. It is 0 where the system does not tell.
	PeakRSSMiB float64 `json:"peak_rss_mib,omitempty"`
}

// learningRate and sgd are the optimizer of a step.
const learningRate = 0.01

var sgd = supernet.TrainConfig{Momentum: 0.9}

// Train times the training steps of the workload, a pass over all of them to warm up and so many passes more. The least
// time of each step counts. A step is forward, cross-entropy, backward and update, on one batch of random images.
func (b *Bench) Train(batch, passes int) (Training, error) {
	steps := b.workload.TrainSteps
	images, err := b.images(batch)
	if err != nil {
		return Training{}, err
	}
	least, err := leastTimes(b.now, passes+1, len(steps), func(i int) error {
		_, err := b.net.Step(steps[i], images, learningRate, sgd, 0)
		return err
	})
	if err != nil {
		return Training{}, err
	}
	seconds, macs, shown := sum(least), b.network.macs(steps), float64(batch*len(steps))
	return Training{
		Workload:        b.workload.Name,
		What:            "train",
		Threads:         b.threads,
		Batch:           batch,
		MedianStepMS:    round(1e3*median(least), 2),
		ImagesPerSecond: round(shown/seconds, 1),
		MeanMACs:        round(macs/float64(len(steps))/1e6, 3),
		GFLOPS:          round(flopsPerMAC*float64(batch)*macs/seconds/1e9, 1),
		PeakRSSMiB:      round(peakMiB(), 1),
	}, nil
}

// flopsPerMAC counts a multiplication and an addition in the forward pass, and twice as many in the backward pass.
const flopsPerMAC = 6

// Scoring tells how fast architectures are scored.
type Scoring struct {
	Workload         string  `json:"workload"`
	What             string  `json:"what"` // score
	Threads          int     `json:"threads"`
	Architectures    int     `json:"architectures"`
	SecondsEach      float64 `json:"seconds_per_architecture"`
	ProjectedSeconds float64 `json:"projected_s_for_all"` // for all architectures of the file
	Alone            bool    `json:"alone,omitempty"`
	AccuraciesSHA256 string  `json:"accuracies_sha256"` // of them as little-endian float64, in the order of the file
	PeakRSSMiB       float64 `json:"peak_rss_mib,omitempty"`
}

// Score times the scoring of the first n architectures, where n is 1 to all of them. Scoring resets the BN statistics,
// averages them over random calibration images, and then classifies the validation images.
func (b *Bench) Score(ctx context.Context, n int) (Scoring, error) { return b.score(ctx, n, n) }

// ScoreAlone is Score with a call for each architecture, so that they share nothing. Their accuracies are the same.
func (b *Bench) ScoreAlone(ctx context.Context, n int) (Scoring, error) {
	s, err := b.score(ctx, n, 1)
	s.Alone = true
	return s, err
}

// score scores so many architectures together.
func (b *Bench) score(ctx context.Context, n, together int) (Scoring, error) {
	all := b.workload.Score.Architectures
	images, err := b.scored()
	if err != nil {
		return Scoring{}, err
	}
	accuracies := make([]float64, 0, n)
	start := b.now()
	for archs := range slices.Chunk(all[:n], together) {
		some, err := b.accuracies(ctx, archs, images)
		if err != nil {
			return Scoring{}, err
		}
		accuracies = append(accuracies, some...)
	}
	each := b.now().Sub(start).Seconds() / float64(n)
	return Scoring{
		Workload:         b.workload.Name,
		What:             "score",
		Threads:          b.threads,
		Architectures:    n,
		SecondsEach:      round(each, 4),
		ProjectedSeconds: round(each*float64(len(all)), 1),
		AccuraciesSHA256: digest(accuracies),
		PeakRSSMiB:       round(peakMiB(), 1),
	}, nil
}

func (b *Bench) accuracies(ctx context.Context, archs []evolve.Arch, images supernet.Images) ([]float64, error) {
	accuracies := make([]float64, len(archs))
	err := b.net.Score(ctx, archs, images, true, func(i int, accuracy float64) error {
		accuracies[i] = accuracy
		return nil
	})
	return accuracies, err
}

// digest is the SHA-256 of values as little-endian float64.
func digest(values []float64) string {
	var text []byte
	for _, v := range values {
		text = binary.LittleEndian.AppendUint64(text, math.Float64bits(v))
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// scored draws the images that architectures are scored on.
func (b *Bench) scored() (s supernet.Images, err error) {
	w := b.workload.Score
	if s.Calibration, err = b.batches(w.Calibration, w.Batch); err != nil {
		return s, err
	}
	s.Held, err = b.batches(w.Validation, w.Batch)
	return s, err
}

// batches draws the full batches among n images.
func (b *Bench) batches(n, size int) (iter.Seq[data.Batch], error) {
	var batches []data.Batch
	for range n / size {
		images, err := b.images(size)
		if err != nil {
			return nil, err
		}
		batches = append(batches, images)
	}
	return slices.Values(batches), nil
}

// images draws a batch of normal noise.
func (b *Bench) images(n int) (data.Batch, error) {
	const most = 1 << 28 // numbers: 1 GiB
	shape := b.network.Stem.In
	if n > most/shape.Size() {
		return data.Batch{}, fmt.Errorf("a batch of %d images of %v is more than 1 GiB", n, shape)
	}
	images := data.Batch{X: make([]float32, n*shape.Size()), Labels: make([]int32, n)}
	for i := range images.X {
		images.X[i] = float32(b.rand.NormFloat64())
	}
	for i := range images.Labels {
		images.Labels[i] = b.rand.Int32N(int32(b.workload.Classes))
	}
	return images, nil
}
