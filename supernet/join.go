package supernet

import (
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/setting"
)

// Join says how the outputs of k branches, k > 0, become the output of their layer. A normal layer without a branch is
// the identity by every rule.
type Join uint8

const (
	// Mean is (x + Σ o_i)/(k + 1) in a normal layer and Σ o_i/k in a reduction layer (eq. 1).
	Mean Join = iota
	// Sum is Σ o_i. A branch with a shortcut brings it.
	Sum
	// Residual is x + Σ o_i/k in a normal layer and Σ o_i/k in a reduction layer.
	Residual
)

var joinNames = [...]string{"mean", "sum", "residual"}

// String is the name that a configuration gives the rule.
func (j Join) String() string { return joinNames[j] }

// shares are the factors of every branch and of the layer's input in its output. The input's is 0 where it has no part.
// Residual is that of a normal layer.
func (j Join) shares(branches int, normal bool) (branch, input float32) {
	switch {
	case j == Sum:
		return 1, 0
	case j == Residual:
		return 1 / float32(branches), 1
	case normal:
		branch = 1 / float32(branches+1)
		return branch, branch
	}
	return 1 / float32(branches), 0
}

// joins are the rules of all layers, or nil where all are Mean.
func (m Macro) joins() ([]Join, error) {
	names, layers := strings.Fields(m.Join), len(m.letters())
	if len(names) > 1 && len(names) != layers {
		return nil, setting.Errorf("join", m.Join, "%d names for %d layers: want one for all, or one for each",
			len(names), layers)
	}
	var joins []Join
	for _, name := range names {
		i := slices.Index(joinNames[:], name)
		if i < 0 {
			return nil, setting.Errorf("join", m.Join, "%q is none of mean, sum and residual", name)
		}
		joins = append(joins, Join(i))
	}
	if !slices.ContainsFunc(joins, func(j Join) bool { return j != Mean }) {
		return nil, nil
	}
	if len(joins) == 1 {
		joins = slices.Repeat(joins, layers)
	}
	return joins, nil
}

// Canonical is equal for macro-architectures that differ in their name and in the way they are written alone. A Join
// that is not valid stays as it is.
func (m Macro) Canonical() Macro {
	m.Name, m.Layers = "", m.letters()
	m.StemKernel = m.stemKernel()
	joins, err := m.joins()
	if err != nil {
		return m
	}
	names := make([]string, len(joins))
	for i, j := range joins {
		names[i] = j.String()
	}
	if m.Join = strings.Join(names, " "); len(slices.Compact(names)) == 1 {
		m.Join = names[0]
	}
	return m
}

// Join is the rule of layer l. It is Mean for Residual in a reduction layer, where both are the same.
func (s Skeleton) Join(l int) Join {
	if s.Joins == nil || s.Joins[l] == Residual && !s.Layers[l].Normal() {
		return Mean
	}
	return s.Joins[l]
}
