package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/plot"
	"github.com/nse-dev/nse/internal/runs"
)

// Render writes the files that follow from a run's database, where they are missing. These are plots of every round
// that has a front, front.json of the last one, and result.json of a search that has a result. With again it also
// rewrites files that are not as they should be.
func Render(r *runs.Run, again bool) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	c, err := r.Config()
	if err != nil {
		return err
	}
	unit := c.Search.Constraint.Kind.Unit()
	write := file.UpdateMissing
	if again {
		write = file.Update
	}
	for _, x := range rounds {
		if !x.Done {
			continue
		}
		dir := filepath.Join(r.Dir, fmt.Sprintf("round-%02d", x.Round))
		err := errors.Join(
			write(filepath.Join(dir, "front.svg"), func() ([]byte, error) { return frontSVG(r, x, unit) }),
			write(filepath.Join(dir, "fitness.svg"),
				func() ([]byte, error) { return fitnessSVG(r, x, c.Search.Fitness.Threshold) }))
		if err != nil {
			return err
		}
	}
	last, ok := runs.LastFront(rounds)
	if !ok {
		return nil
	}
	return errors.Join(renderResult(r), file.Update(filepath.Join(r.Dir, runs.FrontFile), func() ([]byte, error) {
		front, err := r.Front(last, unit)
		if err != nil {
			return nil, err
		}
		return front.Encode()
	}))
}

// renderResult writes result.json. One of a search that goes on is removed.
func renderResult(r *runs.Run) error {
	x, err := r.Result()
	if err != nil {
		return err
	}
	path := filepath.Join(r.Dir, runs.ResultFile)
	if x != nil {
		return file.Update(path, x.Encode)
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func frontSVG(r *runs.Run, x runs.Round, unit string) ([]byte, error) {
	archs, err := r.Architectures(x.Round)
	if err != nil {
		return nil, err
	}
	f := plot.Front{Round: x.Round, Unit: unit, Low: x.Low, High: x.High}
	for _, a := range runs.Latest(archs) {
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
