// Package ending ends a search: it trains the best of the front as it would be used, and beside it the best uniform
// stack, which has one operation in all layers. Both are chosen, trained and tested alike.
//
// Everything that is trained has a folder with checkpoints in the run's folder, so that the same call goes on after it
// was stopped or killed:
//
//	candidates/NAME  trained without the held-out images, and measured on these, to choose
//	models/NAME      trained on all training images, and tested
package ending

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/internal/workshop"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet/config"
)

// CandidatesFolder is where candidates are trained, in the run's folder.
const CandidatesFolder = "candidates"

// Ending trains what a run has found. All fields have to be set.
type Ending struct {
	Run      *runs.Run // whose search has ended
	Config   config.Config
	Plugins  registry.Options  // for operations that run in them
	Workshop workshop.Workshop // for all training images; Out is the folder of the models
	Say      func(text string) // is told what comes, in one line
}

// Train chooses, trains and tests the best of some architectures of the run and the best uniform stack. The list must
// not be empty. What is spent counts all of that, also what a call that was stopped has done. Errors are those of
// workshop.Workshop, or of a plugin.
func (e Ending) Train(ctx context.Context, list []runs.Architecture) (x runs.Result, spent evolve.Ledger, err error) {
	s, err := e.open()
	if err != nil {
		return x, spent, err
	}
	var found []contender
	for _, a := range list {
		arch, err := s.arch(a.Ops)
		if err != nil {
			return x, spent, err
		}
		found = append(found, contender{a.Name(), arch})
	}
	best, t, err := s.best(ctx, "of the front", found)
	if err != nil {
		return x, spent, err
	}
	x = runs.Result{Accuracy: t.Training.Test.Accuracy, MACs: t.Count.MACs, Params: t.Count.Params,
		Ops: s.catalog.NamesOf(best.arch), Round: list[0].Round, Name: best.name}
	x.Stack, err = s.stack(ctx, x.MACs)
	return x, s.spent, err
}

// stack trains and tests the best uniform stack within macs. It is nil where there is none.
func (s *stage) stack(ctx context.Context, macs int64) (*runs.Stack, error) {
	most := s.Config.Final.Stacks
	if most == 0 {
		return nil, nil
	}
	list, err := s.stacks(macs)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		s.Say(fmt.Sprintf("no uniform stack has at most %.4g M MACs: there is none to compare with",
			text.Millions(macs)))
		return nil, nil
	}
	best, t, err := s.best(ctx, "of the uniform stacks", list[:min(len(list), most)])
	if err != nil {
		return nil, err
	}
	return &runs.Stack{Accuracy: t.Training.Test.Accuracy, MACs: t.Count.MACs, Params: t.Count.Params,
		Op: s.catalog.Names[best.arch[0][0]], Name: best.name}, nil
}

// stacks lists the uniform stacks with at most macs, the dearest first, without operations that were quarantined. Of
// equal ones the first in the pool comes first.
func (s *stage) stacks(macs int64) (list []contender, err error) {
	broken, err := s.quarantined()
	if err != nil {
		return nil, err
	}
	problem := s.catalog.Problem()
	count := func(c contender) int64 { return s.catalog.Count(c.arch).MACs }
	for id, name := range s.catalog.Names {
		c := contender{"stack-" + name, problem.Stack(evolve.Path{evolve.OpID(id)})}
		if count(c) <= macs && !slices.Contains(broken, evolve.OpID(id)) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b contender) int { return cmp.Compare(count(b), count(a)) })
	return list, nil
}

// choose trains architectures without the held-out images, and returns the one that is best on these. Of equal ones it
// is the first.
func (s *stage) choose(ctx context.Context, of string, list []contender) (best contender, err error) {
	w := s.Workshop
	set := *w.Set
	if set.Train, set.Test, err = s.Config.Split(w.Set); err != nil {
		return best, err
	}
	w.Set, w.HeldOut, w.Out = &set, true, filepath.Join(s.Run.Dir, CandidatesFolder)
	s.Say(fmt.Sprintf("choosing the best %s: %d trained on %d images, and measured on %d others", of, len(list),
		set.Train.Len(), set.Test.Len()))
	done, err := s.train(ctx, w, list)
	accuracy := -1.0
	for i, d := range done {
		if a := d.Model.Training.Test.Accuracy; a > accuracy {
			best, accuracy = list[i], a
		}
	}
	return best, err
}
