package nse

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
)

// JudgeOptions say by what the rounds of a run are compared.
type JudgeOptions struct {
	// Epochs trains every architecture of the fronts alone for so many epochs, by the run's settings of [retrain]. 0
	// trains one fresh supernet over the operations of all fronts instead, by its settings of [train].
	Epochs int
	// Seed determines weights, paths and the order of images. 0 is the run's seed plus one: other weights than those
	// that chose the fronts. The held-out images are the run's.
	Seed uint64
}

// Judgement compares the fronts of a run's rounds by accuracies that none of them was chosen by. One seed is one
// sample.
type Judgement struct {
	By     string        `json:"by"`     // "shared weights" or "trained alone"
	Epochs int           `json:"epochs"` // of training alone; 0 with shared weights
	Seed   uint64        `json:"seed"`
	Unit   string        `json:"unit"`   // of cost: million MACs or ms
	Rounds []JudgedRound `json:"rounds"` // that have a front, in order
}

// JudgedRound is the front of a round as it was judged.
type JudgedRound struct {
	Round       int           `json:"round"`
	Hypervolume float64       `json:"hypervolume"` // of the members by Judged, to the upper end of the budget
	Better      *bool         `json:"better"`      // than the round before in the list; nil for the first
	Members     []JudgedFront `json:"members"`
}

// JudgedFront is a member of a round's front.
type JudgedFront struct {
	Architecture         // as the round scored it
	Judged       float64 `json:"judged"` // accuracy on the held-out images, 0 to 1
}

// Judge compares the fronts of all rounds of the run in dir, whether it has ended or not. What it measures is kept
// under judge in that folder. A cancelled call is a *StoppedRetraining, and goes on when it is repeated. Architectures
// that were trained alone are not trained again. A search may write the run meanwhile.
//
// A run without a front is ErrNoFront. Plugins and operations of the program are needed as for Resume. An engine of the
// program has to be an evolve.Solo for training alone.
func Judge(ctx context.Context, dir string, j JudgeOptions, o Options) (*Judgement, error) {
	o = o.serial()
	if err := errors.Join(j.check(), o.admit()); err != nil {
		return nil, err
	}
	p, err := j.open(dir)
	if err != nil {
		return nil, err
	}
	defer p.run.Close()
	c, err := p.candidates()
	if err != nil {
		return nil, err
	}
	s, opened, err := p.reopen(ctx, o, evolve.State{Round: 1, Front: c.used}, nil)
	defer opened.Close()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	method := evolve.Judge{Archs: c.archs, Epochs: j.Epochs}
	if j.Epochs > 0 {
		if method.Solo, err = s.solo(); err != nil {
			return nil, err
		}
	}
	s.Method = method
	measured, err := s.judge(ctx, p.run, method)
	if err != nil {
		return nil, err
	}
	return c.judgement(s, j.Epochs, measured), nil
}

// check refuses options that make no sense.
func (j JudgeOptions) check() error {
	switch {
	case j.Epochs < 0:
		return fmt.Errorf("%d epochs: want 1 or more, or 0 for shared weights", j.Epochs)
	case j.Seed > math.MaxInt64:
		return fmt.Errorf("seed %d: want 0 to %d", j.Seed, math.MaxInt64)
	}
	return nil
}

// open opens a run for reading, to be trained on by another seed. Close the run after use.
func (j JudgeOptions) open(dir string) (p past, err error) {
	if p.run, err = runs.Read(dir); err != nil {
		return p, err
	}
	if p.settings, err = p.run.Settings(); err != nil {
		p.run.Close()
		return p, err
	}
	if p.seed = j.Seed; p.seed == 0 {
		p.seed = p.settings.Seed + 1
	}
	return p, nil
}

// candidates are the fronts of a run and the architectures in them.
type candidates struct {
	rounds []runs.Front
	places [][]int         // by round and member: index in archs
	archs  []evolve.Arch   // distinct
	used   []evolve.Member // archs as members
}

// candidates collects the fronts of all rounds.
func (p past) candidates() (c candidates, err error) {
	ops, err := p.run.Ops()
	if err != nil {
		return c, err
	}
	rounds, err := p.run.Rounds()
	if err != nil {
		return c, err
	}
	index := map[string]int{}
	for _, x := range rounds {
		if !x.Done {
			continue
		}
		front, err := p.run.Front(x, p.settings.Search.Constraint.Kind.Unit())
		if err != nil {
			return c, err
		}
		var places []int
		for _, a := range front.Architectures {
			key := fmt.Sprint(a.Ops)
			if _, known := index[key]; !known {
				index[key] = len(c.archs)
				c.archs = append(c.archs, archOf(a.Ops, ops))
				c.used = append(c.used, evolve.Member{Arch: c.archs[index[key]]})
			}
			places = append(places, index[key])
		}
		c.rounds, c.places = append(c.rounds, front), append(c.places, places)
	}
	if len(c.archs) == 0 {
		return c, runs.NoFront(p.run.Dir + " has no front yet: no round has come to its end")
	}
	return c, nil
}

// archOf finds the ids of operations that are given by name.
func archOf(names [][]string, ops runs.Ops) evolve.Arch {
	a := make(evolve.Arch, len(names))
	for l, path := range names {
		a[l] = evolve.Path{}
		for _, name := range path {
			a[l] = append(a[l], evolve.OpID(slices.IndexFunc(ops, func(o runs.Op) bool { return o.Name == name })))
		}
		slices.Sort(a[l])
	}
	return a
}

// solo is the engine, if it trains architectures alone.
func (s *search) solo() (evolve.Solo, error) {
	if e, ok := s.Engine.(evolve.Solo); ok {
		return e, nil
	}
	return nil, errors.New("the engine cannot train alone: judge by shared weights")
}

// judgement compares the rounds by what was measured, given in the order of the architectures.
func (c candidates) judgement(s *search, epochs int, measured []evolve.Member) *Judgement {
	j := &Judgement{By: "shared weights", Epochs: epochs, Seed: s.Seed, Unit: s.Config.Constraint.Kind.Unit()}
	if epochs > 0 {
		j.By = "trained alone"
	}
	for i, front := range c.rounds {
		round := JudgedRound{Round: front.Round}
		var members []evolve.Member
		for k, a := range front.Architectures {
			m := measured[c.places[i][k]]
			members = append(members, m)
			round.Members = append(round.Members, JudgedFront{a, m.Accuracy})
		}
		round.Hypervolume = s.Config.Constraint.Area(members)
		if i > 0 {
			better := round.Hypervolume > j.Rounds[i-1].Hypervolume
			round.Better = &better
		}
		j.Rounds = append(j.Rounds, round)
	}
	return j
}

// judgeFolder is where judgements are kept, in the run's folder.
const judgeFolder = "judge"

// judgeDir is the folder of one way to judge.
func (s *search) judgeDir(run string, epochs int) string {
	name := fmt.Sprintf("shared-seed-%d", s.Seed)
	if epochs > 0 {
		name = fmt.Sprintf("alone-%d-epochs-seed-%d", epochs, s.Seed)
	}
	return filepath.Join(run, judgeFolder, name)
}
