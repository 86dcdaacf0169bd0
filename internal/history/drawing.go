package history

import (
	"fmt"

	"github.com/nse-dev/nse/internal/drawing"
	"github.com/nse-dev/nse/internal/runs"
)

// Drawing is what a drawing shows of a run's operations.
func Drawing(rounds []runs.Round, list []Operation) drawing.History {
	picture := drawing.History{Rounds: len(rounds)}
	if len(rounds) > 0 {
		picture.Layers = len(rounds[0].Subset)
	}
	pool := -1
	for _, h := range list {
		if h.Came.pool != pool {
			pool = h.Came.pool
			picture.Groups = append(picture.Groups, drawing.Group{Title: h.Came.title(), Round: h.Came.Round})
		}
		g := &picture.Groups[len(picture.Groups)-1]
		g.Ops = append(g.Ops, h.life(picture.Rounds, picture.Layers))
	}
	return picture
}

// title says how operations came.
func (o Origin) title() string {
	switch o.Kind {
	case runs.Second:
		return fmt.Sprintf("%s, with which the search went on from round %d", o.Source, o.Round)
	case runs.Arrived:
		return fmt.Sprintf("%s, which came for round %d", o.Source, o.Round)
	}
	return o.Source
}

// life is what a drawing shows of an operation.
func (h Operation) life(rounds, layers int) drawing.Life {
	life := drawing.Life{Op: h.Op, Slots: make([][]drawing.Slot, rounds)}
	for i := range life.Slots {
		life.Slots[i] = make([]drawing.Slot, layers)
	}
	fates := map[End]drawing.Fate{Kept: drawing.Kept, Dropped: drawing.Dropped, LetGo: drawing.LetGo,
		Unsampled: drawing.Unsampled, Quarantined: drawing.LetGo, GivenUp: drawing.Going, "": drawing.Going}
	for _, e := range h.Places {
		life.Slots[e.Round-1][e.Layer] = drawing.Slot{Fate: fates[e.End], Inherited: !e.New}
	}
	if h.Quarantined != nil {
		life.Ended = h.Quarantined.Round
	}
	return life
}
