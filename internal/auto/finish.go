package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
)

// finish chooses, trains and writes what a search has found, and closes it.
func (a *auto) finish(ctx context.Context, r *nse.Run) error {
	defer r.Close()
	if a.record.Outcome != nil {
		return nil
	}
	spent, err := r.Ledger()
	if err != nil {
		return err
	}
	if a.resumed {
		a.used = max(a.record.Used, a.record.Before+spent.Seconds)
	}
	best, pace, err := a.choose(ctx, r, spent.Seconds)
	if err != nil {
		return err
	}
	model, err := a.last(ctx, best, pace)
	if err != nil {
		return err
	}
	x := Outcome{Accuracy: model.Model.Training.Test.Accuracy, MACs: model.Model.Count.MACs,
		Params: model.Model.Count.Params, Name: model.Model.Name, Model: model.Dir,
		Report: filepath.Join(a.dir, reportFile), Plan: filepath.Join(a.dir, planFile)}
	if a.ask.Latency > 0 {
		if x.Latency, err = a.delayOf(ctx, model.Dir); err != nil {
			return err
		}
	}
	if err := a.export(ctx, &x); err != nil {
		return err
	}
	page, err := r.HTML()
	if err == nil {
		err = file.Write(x.Report, page)
	}
	if err != nil {
		return err
	}
	x.Seconds = a.since()
	a.record.Outcome = &x
	return a.write()
}

// choose trains the best of the search at the budget, in rungs, and returns the best of the last rung. searched is the
// time that the search took, in seconds, and pace is that of an epoch of training the best one. What the time has no
// room for any more is left out of all later trainings alike.
func (a *auto) choose(ctx context.Context, r *nse.Run, searched float64) (best pick, pace float64, err error) {
	list, err := a.found(ctx, r)
	if err != nil {
		return best, 0, err
	}
	f, p := a.record.Facts, a.record.Plan
	pace = f.epoch(p.MACs) * max(1, searched/p.search(f).Seconds())
	for i, rung := range p.Rungs {
		if i == len(a.record.Rungs) {
			room := min(1, a.left()/(pace*float64(p.after(i))))
			next := chosen{max(1, int(room*float64(rung.Epochs))), list[:min(rung.Candidates, len(list))]}
			a.record.Rungs = append(a.record.Rungs, next)
			if err := a.write(); err != nil {
				return best, 0, err
			}
		}
		now := a.record.Rungs[i]
		a.say("choosing: %d architectures are trained for %s at the budget, and measured on held-out images",
			len(now.List), plural(now.Epochs, "epoch"))
		done, err := a.train(ctx, now.List, now.Epochs, filepath.Join(a.dir, "candidates", fmt.Sprintf("rung-%d", i+1)))
		if err != nil {
			return best, 0, err
		}
		pace = a.paceOf(done, now.Epochs)
		list = ranked(now.List, done)
	}
	return list[0], pace, nil
}

// left is the time for trainings, in seconds.
func (a *auto) left() float64 { return (1-sparePart/2)*a.record.Plan.Within.Seconds() - a.since() }

// ranked is a list with the most accurate first. Of equal ones the first stays so.
func ranked(list []pick, done []nse.Model) []pick {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	accuracy := func(i int) float64 { return done[i].Model.Training.Test.Accuracy }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(accuracy(j), accuracy(i)) })
	sorted := make([]pick, len(list))
	for i, from := range order {
		sorted[i] = list[from]
	}
	return sorted
}

// paceOf is the time of an epoch on all training images by trainings on those that are not held out. Where some of it
// was done before, it is what was measured before the plan.
func (a *auto) paceOf(done []nse.Model, epochs int) float64 {
	f := a.record.Facts
	if a.resumed {
		return f.epoch(a.record.Plan.MACs)
	}
	pace := 0.
	for _, m := range done {
		all := float64(f.seen(f.Images)) / float64(f.seen(m.Model.Training.Images))
		pace = max(pace, m.Seconds/float64(epochs)*all)
	}
	return pace
}

// found lists the architectures that the search has trained for longest, the most accurate first, as many as the first
// rung has.
func (a *auto) found(ctx context.Context, r *nse.Run) (list []pick, err error) {
	if len(a.record.Rungs) > 0 {
		return nil, nil
	}
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	var all []nse.Architecture
	for _, x := range rounds {
		of, err := r.Architectures(x.Round)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	slices.SortStableFunc(all, func(x, y nse.Architecture) int {
		return cmp.Or(cmp.Compare(y.Epochs, x.Epochs), cmp.Compare(y.Accuracy, x.Accuracy), cmp.Compare(x.Cost, y.Cost))
	})
	seen := map[string]bool{}
	for _, x := range all {
		key := fmt.Sprint(x.Ops)
		if seen[key] {
			continue
		}
		seen[key] = true
		p, unfit, err := a.fitted(ctx, x.Name())
		if err != nil {
			return nil, err
		}
		if unfit != nil {
			a.say("%s is left out: %v", x.Name(), unfit)
			continue
		}
		if list = append(list, p); len(list) == a.record.Plan.Rungs[0].Candidates {
			break
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the search has no architecture that can be scaled to the budget")
	}
	return list, nil
}

// variant is how networks are built beyond their operations: both gain accuracy and cost little.
var variant = architecture.Variant{SqueezeExcite: true, Swish: true}

// fitted is an architecture of the run at the budget. unfit says why it has no such scale.
func (a *auto) fitted(ctx context.Context, name string) (p pick, unfit, err error) {
	p = pick{Name: name, MACs: a.record.Plan.MACs}
	list, err := a.opener().At(ctx, architecture.Source{Path: a.dir, Pick: name}, variant)
	if err != nil {
		return p, nil, err
	}
	defer list.Close()
	plans, err := list.Choose(name, a.ask.Seed)
	if err != nil {
		return p, nil, err
	}
	if a.ask.Latency > 0 {
		p.MACs, unfit = within(ctx, plans[0], p.MACs, a.ask.Latency, cores(a.settings))
	} else {
		_, unfit = plans[0].Within(ctx, p.MACs)
	}
	return p, unfit, ctx.Err()
}

// train trains architectures in a folder. In any but that of the models they are measured on held-out images, and
// trained without them. The data are opened once for those of one budget.
func (a *auto) train(ctx context.Context, list []pick, epochs int, out string) (done []nse.Model, err error) {
	s := a.settings
	s.Retrain.Epochs = epochs
	for len(list) > 0 {
		macs, names := list[0].MACs, []string{}
		for len(list) > 0 && list[0].MACs == macs {
			names, list = append(names, list[0].Name), list[1:]
		}
		models, err := nse.Retrain(ctx, a.dir, nse.RetrainOptions{Pick: strings.Join(names, ","), MACs: macs, Out: out,
			Settings: &s, SqueezeExcite: variant.SqueezeExcite, Swish: variant.Swish, HeldOut: out != a.models()},
			a.options)
		if err != nil {
			return nil, err
		}
		done = append(done, models...)
	}
	return done, nil
}

// models is the folder of the model that is tested.
func (a *auto) models() string { return filepath.Join(a.dir, "models") }

// last trains the best on all training images for the time that is left, and tests it.
func (a *auto) last(ctx context.Context, best pick, pace float64) (nse.Model, error) {
	if a.record.Last == nil {
		epochs := min(max(int(a.left()/pace), leastEpochs), a.record.Plan.Epochs*3/2)
		a.record.Last = &last{best, epochs}
		if err := a.write(); err != nil {
			return nse.Model{}, err
		}
	}
	l := a.record.Last
	a.say("training %s on all training images for %s", l.Name, plural(l.Epochs, "epoch"))
	done, err := a.train(ctx, []pick{l.pick}, l.Epochs, a.models())
	if err != nil {
		return nse.Model{}, err
	}
	return done[0], nil
}

// delayOf is the time of a model for one image, in milliseconds.
func (a *auto) delayOf(ctx context.Context, dir string) (float64, error) {
	list, err := a.opener().At(ctx, architecture.Source{Path: dir}, architecture.Variant{})
	if err != nil {
		return 0, err
	}
	defer list.Close()
	took, err := delay(ctx, list.Plans[0], cores(a.settings))
	return 1000 * took.Seconds(), err
}

// export writes the model for other runtimes. One with operations that run in their plugins stays as it is.
func (a *auto) export(ctx context.Context, x *Outcome) error {
	m, err := modelfile.Read(x.Model)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(slices.Concat(m.Graphs()...), catalog.RunsInPlugin) {
		a.say("nothing is exported: the network has operations that run in their plugins and nowhere else")
		return nil
	}
	to := nse.ExportOptions{ONNX: filepath.Join(a.dir, "model.onnx"), PyTorch: filepath.Join(a.dir, "model.py"),
		Normalise: true}
	if err := nse.Export(ctx, x.Model, to, a.options); err != nil {
		return err
	}
	x.ONNX, x.PyTorch = to.ONNX, to.PyTorch
	return nil
}
