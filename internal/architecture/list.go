package architecture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/random"
)

// List is the architectures of one source, with the pools that their operations come from. Closing it ends the plugins
// of these pools.
type List struct {
	Plans []Plan
	catalog.Pools
	scored []Plan   // of a run: what it has scored besides, as far as Source.Pick names it
	others []string // of a run: what else can be picked, as ranges of names
}

// everything is all that has a name, with what is not meant by "all".
func (l List) everything() []Plan { return slices.Concat(l.Plans, l.scored) }

// find is the architecture of a name, or the only one that has it in another case.
func (l List) find(name string) (p Plan, ok bool) {
	for _, x := range l.everything() {
		if x.Name == name {
			return x, true
		}
		if strings.EqualFold(x.Name, name) {
			if ok {
				return Plan{}, false
			}
			p, ok = x, true
		}
	}
	return p, ok
}

// unknown is the error about a name, and lists those that there are.
func (l List) unknown(name string) error {
	return fmt.Errorf("there is no architecture %q: there are %s", name,
		strings.Join(slices.Concat(namesOf(l.Plans), l.others), ", "))
}

func namesOf(list []Plan) (names []string) {
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

// One returns the architecture of a name. Another case will do where no second name differs in case alone. An empty
// name picks the only architecture of a list, and is an error in a longer one. Errors list the names.
func (l List) One(name string) (Plan, error) {
	if name == "" {
		if len(l.Plans) == 1 {
			return l.Plans[0], nil
		}
		return Plan{}, fmt.Errorf("there are %d architectures: pick one of %s", len(l.Plans),
			strings.Join(namesOf(l.Plans), ", "))
	}
	p, ok := l.find(name)
	if !ok {
		return Plan{}, l.unknown(name)
	}
	return p, nil
}

// Named lists the architectures of names that are separated by commas, in the order of the names. A name may have
// commas: the longest that fits is meant. "all" stands for the whole list, without what a run has scored besides. A
// name that is not in the list is an error.
func (l List) Named(names string) (out []Plan, err error) {
	if names == "all" {
		return l.Plans, nil
	}
	parts := strings.Split(names, ",")
	for len(parts) > 0 {
		n := len(parts)
		for ; n > 0; n-- {
			if p, ok := l.find(strings.TrimSpace(strings.Join(parts[:n], ","))); ok {
				out = append(out, p)
				break
			}
		}
		if n == 0 {
			return nil, l.unknown(strings.TrimSpace(parts[0]))
		}
		parts = parts[n:]
	}
	return out, nil
}

// Choose is Named that also takes a number. It draws that many architectures from seed, or takes all of a shorter list.
// A number that is the name of an architecture means that one.
func (l List) Choose(what string, seed uint64) ([]Plan, error) {
	out, unknown := l.Named(what)
	if unknown == nil {
		return out, nil
	}
	n, err := strconv.Atoi(what)
	if err != nil {
		return nil, fmt.Errorf("--pick %s: %w; want such names, all, or a number", what, unknown)
	}
	if n < 1 {
		return nil, fmt.Errorf("--pick %d: want 1 or more", n)
	}
	places := random.New(seed, "retrained architectures", 0, 0, 0).Perm(len(l.Plans))[:min(n, len(l.Plans))]
	slices.Sort(places)
	for _, i := range places {
		out = append(out, l.Plans[i])
	}
	return out, nil
}
