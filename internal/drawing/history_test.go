package drawing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/drawing/drawingtest"
)

func sampleHistory() History {
	r := rand.New(rand.NewChaCha8([32]byte{3}))
	h := History{Rounds: 4, Layers: 7}
	for g, from := range []int{1, 3} {
		group := Group{Title: fmt.Sprintf("pool %d, from round %d on", g, from), Round: from}
		for k := range 9 {
			life := Life{Op: fmt.Sprintf("mbconv-k%d-e%d-d%d", 3+2*k, 1+k%3, g+1), Slots: make([][]Slot, h.Rounds)}
			for round := range life.Slots {
				life.Slots[round] = make([]Slot, h.Layers)
				for l := range life.Slots[round] {
					before := round > 0 && life.Slots[round-1][l].Fate == Kept
					switch {
					case round+1 < from || !before && r.IntN(3) > 0:
					case round == 3:
						life.Slots[round][l] = Slot{Going, before}
					default:
						life.Slots[round][l] = Slot{[]Fate{Kept, Kept, LetGo, Dropped}[r.IntN(4)], before}
					}
				}
			}
			group.Ops = append(group.Ops, life)
		}
		h.Groups = append(h.Groups, group)
	}
	h.Groups[0].Ops[4].Ended = 2
	return h
}

// TestHistory checks that histories have equal bytes twice, are valid XML and say what they show. With NSE_PLOT_DIR it
// leaves the files there.
func TestHistory(t *testing.T) {
	for name, c := range map[string]struct {
		History
		says []string
	}{
		"history": {sampleHistory(), []string{
			"of the 7 layers", "pool 1, from round 3 on", "mbconv-k11-e2-d2", "round 4", "quarantined", "inherited",
		}},
		"history-empty": {History{}, []string{"Operations by round"}},
	} {
		svg := drawingtest.Drawn(t, name, "svg", c.SVG)
		drawingtest.WellFormed(t, name, svg)
		for _, text := range c.says {
			if !strings.Contains(string(svg), text) {
				t.Errorf("%s does not say %q", name, text)
			}
		}
	}
}

// An operation that was quarantined can come again, with a plugin that was mended.
func TestHistoryOfOneThatCameAgain(t *testing.T) {
	life := Life{Op: "a", Slots: [][]Slot{{{Fate: LetGo}}, {{Fate: Absent}}, {{Fate: Kept}}}, Ended: 1}
	h := History{Rounds: 3, Layers: 1, Groups: []Group{{Title: "pool", Round: 1, Ops: []Life{life}}}}
	svg, err := h.SVG()
	if err != nil {
		t.Fatal(err)
	}
	kept := fmt.Sprintf("#%02X%02X%02X", Blue.R, Blue.G, Blue.B)
	if n := strings.Count(string(svg), kept); n != 2 {
		t.Errorf("%d squares in the colour of Kept, want one in the legend and one in round 3:\n%s", n, svg)
	}
}
