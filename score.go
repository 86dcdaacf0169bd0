package nse

import (
	"context"
	"fmt"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/runs"
)

// Scores is what the shared weights of a run say of architectures. Its JSON is that of nse score --json.
type Scores struct {
	Run           string          `json:"run"`
	Weights       string          `json:"weights"`         // of the last checkpoint, such as round-02-step-400
	Unit          string          `json:"unit"`            // of cost: million MACs or ms
	HeldOut       int             `json:"held_out_images"` // that accuracies are of
	Architectures []NamedAccuracy `json:"architectures"`   // in the order of the file
}

// NamedAccuracy is an architecture with its name, its counts and cost, and its accuracy with shared weights.
type NamedAccuracy struct {
	Name string `json:"name"`
	Architecture
}

// Score scores the architectures of a file with the shared weights that a run's last checkpoint has, on the held-out
// images, after recalibration of batch normalisation (3.3.2). It changes nothing of the run, which may be in use. The
// accuracies are, to the bit, those that the search measures of the same architectures with the same weights.
//
// The file names operations by layer. They are the run's, whatever run the file says it is of. A layer may have more
// than K operations. An operation that the supernet does not hold in that layer is an error. So is a run without
// weights. Of the options only those that Resume needs are used.
func Score(ctx context.Context, dir, file string, o Options) (*Scores, error) {
	o = o.serial()
	if err := o.admit(); err != nil {
		return nil, err
	}
	f, err := architecture.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p, err := readPast(dir)
	if err != nil {
		return nil, err
	}
	defer p.run.Close()
	skeleton, err := p.settings.Macro.Skeleton(p.run.Info.Image)
	if err != nil {
		return nil, err
	}
	archs, err := f.Archs(p.run, p.settings.Macro, skeleton.Layers)
	if err != nil {
		return nil, err
	}
	used := evolve.State{Round: 1}
	for _, a := range archs {
		used.Front = append(used.Front, evolve.Member{Arch: a})
	}
	s, opened, err := p.reopen(ctx, o, used, nil)
	defer opened.Close()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := f.Held(p.run, archs, s.weights.subset()); err != nil {
		return nil, err
	}
	return s.score(ctx, p, f.Names(), archs)
}

// readPast opens the run in dir for reading. A run without weights, and one whose weights are damaged, is an error.
// Close the run after use.
func readPast(dir string) (p past, err error) {
	if p.run, err = runs.Read(dir); err != nil {
		return p, err
	}
	if p.settings, err = p.run.Settings(); err == nil {
		p.seed = p.settings.Seed
		p.last, p.state, err = p.run.State()
	}
	var weights string
	if err == nil {
		weights, err = p.run.Weights(p.last)
	}
	if err == nil && weights == "" {
		err = fmt.Errorf("%s has no weights yet: no step has been taken", dir)
	}
	if err != nil {
		p.run.Close()
	}
	return p, err
}

// score has the engine score architectures with the weights that it has.
func (s *search) score(ctx context.Context, p past, names []string, archs []evolve.Arch) (*Scores, error) {
	out := &Scores{Run: p.run.Dir, Weights: p.last.Label, Unit: s.Config.Constraint.Kind.Unit(), HeldOut: s.images[1],
		Architectures: make([]NamedAccuracy, len(archs))}
	for i, a := range archs {
		c := s.catalog.Count(a)
		out.Architectures[i] = NamedAccuracy{names[i], Architecture{Ops: s.catalog.NamesOf(a), Params: c.Params,
			MACs: c.MACs, Cost: s.Problem.Cost(a)}}
	}
	err := s.Engine.Score(ctx, archs, func(i int, accuracy float64) error {
		out.Architectures[i].Accuracy = accuracy
		return ctx.Err()
	})
	return out, err
}
