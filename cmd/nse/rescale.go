package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/random"
)

// Scales of channels are multiples of 1/scaleUnit from leastScale to greatestScale units.
const (
	scaleUnit     = 1024
	leastScale    = scaleUnit / 16
	greatestScale = scaleUnit * 16
)

// within is the architecture with its channels scaled by the greatest factor that needs at most limit MACs (section 6).
func (m model) within(ctx context.Context, limit int64) (model, error) {
	s := scaler{ctx: ctx, base: m, known: map[string]built{}}
	least, ok := s.from(leastScale, greatestScale)
	if !ok {
		return model{}, errors.Join(ctx.Err(), fmt.Errorf("no scale of its channels can be built: %w", s.refusal))
	}
	// MACs rise with the scale. Where one cannot be built, that of the next greater one counts.
	over := leastScale + sort.Search(greatestScale-leastScale+1, func(i int) bool {
		at, ok := s.from(leastScale+i, greatestScale)
		return !ok || s.at(at).macs > limit
	})
	best, fits := s.down(over-1, leastScale)
	greatest, _ := s.down(greatestScale, leastScale)
	if err := ctx.Err(); err != nil {
		return model{}, err
	}
	if !fits || best == greatest && s.at(best).macs < limit {
		return model{}, fmt.Errorf("no scale of its channels has %s MACs: they reach from %s (scale %s) to %s (scale %s)", macsText(limit),
			macsText(s.at(least).macs), scaleText(least), macsText(s.at(greatest).macs), scaleText(greatest))
	}
	return s.at(best).model, nil
}

// scaler lays an architecture out at scales.
type scaler struct {
	ctx     context.Context
	base    model
	known   map[string]built // by channel counts
	refusal error            // the first
}

type built struct {
	model
	macs int64 // 0: it cannot be built
}

func (s *scaler) at(scale int) built {
	m := s.base.Macro
	m.Channels = scaled(m.Channels, float64(scale)/scaleUnit)
	key := fmt.Sprint(m.Channels)
	b, seen := s.known[key]
	if seen || s.ctx.Err() != nil {
		return b
	}
	x, err := layOutModel(s.ctx, s.base.Name, m, s.base.Image, s.base.Ops)
	if err == nil {
		b = built{x, x.count().MACs}
	} else if s.refusal == nil {
		s.refusal = err
	}
	s.known[key] = b
	return b
}

// from is the least scale from one to another at which the architecture can be built.
func (s *scaler) from(scale, to int) (at int, ok bool) {
	for ; scale <= to; scale++ {
		if s.at(scale).macs > 0 {
			return scale, true
		}
	}
	return 0, false
}

// down is the greatest scale from one down to another at which the architecture can be built.
func (s *scaler) down(scale, to int) (at int, ok bool) {
	for ; scale >= to; scale-- {
		if s.at(scale).macs > 0 {
			return scale, true
		}
	}
	return 0, false
}

func scaleText(scale int) string { return fmt.Sprintf("%.3g", float64(scale)/scaleUnit) }

func macsText(macs int64) string {
	if macs >= 1e9 {
		return fmt.Sprintf("%.4gG", millions(macs)/1000)
	}
	return fmt.Sprintf("%.4gM", millions(macs))
}

// parseMACs reads a number of MACs, perhaps in thousands (k), millions (M) or billions (G); 0 for an empty text.
func parseMACs(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	unit := 1.0
	digits := strings.TrimRight(text, "kMG")
	switch text[len(digits):] {
	case "k":
		unit = 1e3
	case "M":
		unit = 1e6
	case "G":
		unit = 1e9
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(text)-len(digits) > 1 || !(v*unit >= 1 && v*unit <= 1e15) {
		return 0, fmt.Errorf("%q: want a number of MACs such as 20M, 1.5G or 300000", text)
	}
	return int64(v * unit), nil
}

// chosen are the architectures of a list that --pick means: a number of them drawn from seed, all, or names.
func chosen(list []model, what string, seed uint64) ([]model, error) {
	if n, err := strconv.Atoi(what); err == nil {
		if n < 1 {
			return nil, fmt.Errorf("--pick %d: want 1 or more", n)
		}
		places := random.New(seed, "retrained architectures", 0, 0, 0).Perm(len(list))[:min(n, len(list))]
		slices.Sort(places)
		var out []model
		for _, i := range places {
			out = append(out, list[i])
		}
		return out, nil
	}
	out, err := selected(list, what)
	if err != nil {
		return nil, fmt.Errorf("--pick %s: %w; want such names, all, or a number", what, err)
	}
	return out, nil
}

// selected are the models of some names, or all.
func selected(list []model, what string) (out []model, err error) {
	if what == "all" {
		return list, nil
	}
	for name := range strings.SplitSeq(what, ",") {
		x, err := pick(list, strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}
