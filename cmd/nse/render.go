package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/plot"
	"github.com/nse-dev/nse/internal/runs"
)

// render writes the files that follow from a run's database, where they are missing: plots of every round that has a
// front, and the last front. With again it also mends files that are not as they should be.
func render(r *runs.Run, again bool) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	c, err := configOf(r)
	if err != nil {
		return err
	}
	unit := c.Search.Constraint.Kind.Unit()
	write := writeMissing
	if again {
		write = writeOver
	}
	for _, x := range rounds {
		if !x.Done {
			continue
		}
		dir := filepath.Join(r.Dir, fmt.Sprintf("round-%02d", x.Round))
		err := errors.Join(
			write(filepath.Join(dir, "front.svg"), func() ([]byte, error) { return frontSVG(r, x, unit) }),
			write(filepath.Join(dir, "fitness.svg"), func() ([]byte, error) { return fitnessSVG(r, x, c.Search.Fitness.Threshold) }))
		if err != nil {
			return err
		}
	}
	last, ok := lastFront(rounds)
	if !ok {
		return nil
	}
	return writeOver(filepath.Join(r.Dir, runs.FrontFile), func() ([]byte, error) { return frontText(r, last, unit) })
}

func writeMissing(path string, draw func() ([]byte, error)) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeOver(path, draw)
}

// writeOver writes a file, unless it is there as it should be.
func writeOver(path string, draw func() ([]byte, error)) error {
	data, err := draw()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if old, err := os.ReadFile(path); err == nil && slices.Equal(old, data) {
		return nil
	}
	return file.Write(path, data)
}

// lastFront is the last round that has a front.
func lastFront(rounds []runs.Round) (last runs.Round, ok bool) {
	for _, x := range rounds {
		if x.Done {
			last, ok = x, true
		}
	}
	return last, ok
}

// frontText is front.json of a round.
func frontText(r *runs.Run, x runs.Round, unit string) ([]byte, error) {
	archs, err := frontOf(r, x.Round)
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(runs.Front{Round: x.Round, Unit: unit, Hypervolume: x.Hypervolume, Rehearsed: x.Rehearsed, Architectures: archs}, "", " ")
	return append(data, '\n'), err
}

// frontOf lists the front of a round by ascending cost.
func frontOf(r *runs.Run, round int) ([]runs.Architecture, error) {
	archs, err := r.Architectures(round)
	return frontAmong(archs), err
}

// frontAmong lists the front among what a round scored, by ascending cost.
func frontAmong(archs []runs.Architecture) []runs.Architecture {
	front := slices.DeleteFunc(slices.Clone(archs), func(a runs.Architecture) bool { return !a.Front })
	slices.SortStableFunc(front, func(a, b runs.Architecture) int { return cmp.Compare(a.Cost, b.Cost) })
	return front
}

func frontSVG(r *runs.Run, x runs.Round, unit string) ([]byte, error) {
	archs, err := r.Architectures(x.Round)
	if err != nil {
		return nil, err
	}
	f := plot.Front{Round: x.Round, Unit: unit, Low: x.Low, High: x.High}
	for _, a := range archs {
		p := plot.Point{Cost: a.Cost, Accuracy: a.Accuracy}
		switch a.Role {
		case runs.Extra:
			f.Extra = append(f.Extra, p)
		case runs.Previous:
			f.Previous = append(f.Previous, p)
		default:
			f.Sampled = append(f.Sampled, p)
		}
		if a.Front {
			f.Front = append(f.Front, p)
		}
	}
	return f.SVG()
}

func fitnessSVG(r *runs.Run, x runs.Round, threshold float64) ([]byte, error) {
	rows, err := r.Fitness(x.Round)
	if err != nil {
		return nil, err
	}
	f := plot.Fitness{Round: x.Round, Threshold: threshold}
	curves := map[string]*plot.Curve{} // by layer and operation
	key := func(layer int, op string) string { return fmt.Sprint(layer, " ", op) }
	for l, ops := range x.Subset {
		f.Layers = append(f.Layers, make([]plot.Curve, len(ops)))
		for i, op := range ops {
			f.Layers[l][i] = plot.Curve{Op: op, Steps: []int{-1}, Theta: []float64{0}} // before the first step
			curves[key(l, op)] = &f.Layers[l][i]
		}
	}
	for _, row := range rows {
		if c := curves[key(row.Layer, row.Op)]; c != nil {
			c.Steps, c.Theta, c.Dropped = append(c.Steps, row.Step), append(c.Theta, row.Theta), row.Dropped
		}
	}
	return f.SVG()
}
