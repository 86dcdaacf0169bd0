package experiment

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods/prior"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/study"
)

// course is how a search went, round by round.
type course struct {
	rounds []round
	gone   map[evolve.OpID]bool // quarantined: nothing can be drawn that uses them
}

// round is what a round searched and found.
type round struct {
	number  int
	initial []evolve.Path // by layer
	dropped []evolve.Path // by layer: by simplification
	kept    []evolve.Path // by layer: what the front uses; nil for a round that was given up
	front   []evolve.Member
}

// observe is for evolve.Search.Observe.
func (c *course) observe(e evolve.Event) error {
	if b, ok := e.Body.(evolve.RoundStarted); ok {
		c.rounds = append(c.rounds, round{number: e.Round, initial: slices.Clone(b.Subset),
			dropped: make([]evolve.Path, len(b.Subset))})
	}
	if len(c.rounds) == 0 {
		return nil
	}
	last := &c.rounds[len(c.rounds)-1]
	switch b := e.Body.(type) {
	case evolve.Dropped:
		last.dropped[b.Layer] = append(last.dropped[b.Layer], b.Op)
	case evolve.Quarantined:
		if c.gone == nil {
			c.gone = map[evolve.OpID]bool{}
		}
		c.gone[b.Op] = true
	case evolve.FrontRetrieved:
		last.front = slices.Clone(b.Members)
	case evolve.Aggregated:
		last.kept = slices.Clone(b.Kept)
	}
	return nil
}

// part is what finalists are chosen from.
type part struct {
	study.Part
	members []evolve.Member
}

// rank puts the most accurate members first, of equal ones the first.
func (p part) rank() {
	slices.SortStableFunc(p.members, func(a, b evolve.Member) int { return cmp.Compare(b.Accuracy, a.Accuracy) })
}

// parts are the fronts of all rounds, or n architectures of each of their spaces. Of a space that yields fewer, there
// are fewer. A space without an operation in a reduction layer has none.
func (c course) parts(s evolve.Search, from study.From, n int) (list []part) {
	for _, x := range c.rounds {
		if from == study.EveryFront && x.front != nil {
			list = append(list, part{study.Part{Round: x.number}, x.front})
		}
		if from != study.EverySpace || x.kept == nil {
			continue
		}
		simplified := make([]evolve.Path, len(x.initial))
		for l := range simplified {
			dropped := func(op evolve.OpID) bool { return slices.Contains(x.dropped[l], op) }
			simplified[l] = without(x.initial[l], dropped)
		}
		for _, space := range []struct {
			name string
			ops  []evolve.Path
		}{{study.Initial, x.initial}, {study.Simplified, simplified}, {study.Aggregated, x.kept}} {
			ops := make([]evolve.Path, len(space.ops))
			for l, path := range space.ops {
				ops[l] = without(path, func(op evolve.OpID) bool { return c.gone[op] })
			}
			where := study.Part{Round: x.number, Space: space.name}
			list = append(list, part{where, draw(s, where, ops, n)})
		}
	}
	return list
}

// without is a copy of a path without some operations.
func without(path evolve.Path, out func(evolve.OpID) bool) evolve.Path {
	return slices.DeleteFunc(slices.Clone(path), out)
}

// draw draws n distinct architectures within the constraint interval from a space, knowing nothing but costs (package
// prior).
func draw(s evolve.Search, where study.Part, ops []evolve.Path, n int) (list []evolve.Member) {
	for l, path := range ops {
		if len(path) == 0 && !s.Problem.Normal[l] {
			return nil
		}
	}
	sampler, seen := prior.New(s, ops), map[string]bool{}
	r := random.New(s.Seed, "finalists of the "+where.Space+" space", where.Round, 0, 0)
	for len(list) < n {
		a, found := sampler.Within(r, seen)
		if !found {
			break
		}
		seen[a.Key()] = true
		list = append(list, evolve.Member{Arch: a, Cost: s.Problem.Cost(a), Round: where.Round})
	}
	return list
}

// courseOf is how the search of a run went.
func courseOf(kept *runs.Run) (c course, err error) {
	events, err := kept.EventsFrom(0)
	if err != nil {
		return c, err
	}
	wanted := []string{evolve.RoundStarted{}.Kind(), evolve.Dropped{}.Kind(), evolve.Quarantined{}.Kind(),
		evolve.FrontRetrieved{}.Kind(), evolve.Aggregated{}.Kind()}
	for _, e := range events {
		if !slices.Contains(wanted, e.Kind) {
			continue
		}
		body, err := evolve.ParseBody(e.Kind, e.Body)
		if err == nil {
			err = c.observe(evolve.Event{Seq: e.Seq, Round: e.Round, Body: body})
		}
		if err != nil {
			return c, fmt.Errorf("%s: event %d: %w", kept.Dir, e.Seq, err)
		}
	}
	return c, nil
}

// problemOf is what the search of a run was about, as far as costs go.
func problemOf(kept *runs.Run, settings nse.Settings) (p evolve.Problem, err error) {
	skeleton, err := settings.Macro.Skeleton(kept.Info.Image)
	if err != nil {
		return p, err
	}
	ops, err := kept.Ops()
	if err != nil {
		return p, err
	}
	p.Fixed = kept.Info.Fixed
	for _, l := range skeleton.Layers {
		p.Normal = append(p.Normal, l.Normal())
	}
	for _, op := range ops {
		p.Pool = append(p.Pool, evolve.Candidate{Name: op.Name, Cost: op.Costs})
	}
	return p, nil
}

// spacesFolder is where a run keeps what was drawn from its spaces, as files of architectures.
const spacesFolder = "spaces"

// drawn draws n architectures from each space of a run's rounds, and writes them where they can be trained from.
func drawn(kept *runs.Run, settings nse.Settings, n int) (parts [][]finalist, err error) {
	c, err := courseOf(kept)
	if err != nil {
		return nil, err
	}
	p, err := problemOf(kept, settings)
	if err != nil {
		return nil, err
	}
	search := evolve.Search{Problem: p, Config: settings.Search.Config, Seed: settings.Seed}
	for _, x := range c.parts(search, study.EverySpace, n) {
		list, err := write(kept.Dir, p, x, settings.Search.Constraint.Kind)
		if err != nil {
			return nil, err
		}
		parts = append(parts, list)
	}
	return parts, nil
}

// write writes what was drawn from a space to a file of architectures.
func write(dir string, p evolve.Problem, x part, kind evolve.CostKind) (list []finalist, err error) {
	type entry struct {
		Name string     `json:"name"`
		Ops  [][]string `json:"ops"`
	}
	base := fmt.Sprintf("round-%d-%s", x.Round, x.Space)
	path := filepath.Join(dir, spacesFolder, base+".json")
	archs := []entry{}
	for n, m := range x.members {
		name, ops := fmt.Sprintf("%s-%d", base, n+1), namesOf(p, m.Arch)
		archs = append(archs, entry{name, ops})
		list = append(list, finalist{Candidate: study.Candidate{Part: x.Part, Ops: ops, Cost: m.Cost,
			MACs: macsOf(m.Cost, kind)}, name: name, file: path, run: dir})
	}
	text, err := json.MarshalIndent(map[string]any{"run": "..", "architectures": archs}, "", " ")
	if err != nil {
		return nil, err
	}
	return list, file.Write(path, text)
}
