package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
)

// shown is what a round has scored, by the name for --pick.
type shown struct {
	Name  string    `json:"name"`
	Front string    `json:"front,omitempty"` // its other name, on the last front
	Round int       `json:"round"`
	Role  runs.Role `json:"role"`
	nse.Architecture
}

func runsShowVerb() *cobra.Command {
	var round int
	var asJSON bool
	c := &cobra.Command{
		Use:   "show RUN",
		Short: "List the architectures that a run has scored, by the names for --pick",
		Long: `List every architecture that a run has scored: its name for --pick, such as round-2-17 for the 17th of
round 2, its name on the last front, what it was scored as, its accuracy on held-out images with the weights that the
round's architectures share, its cost and its operations. Accuracies of two rounds are of different weights.`,
		Example: `  nse runs show runs/001
  nse runs show runs/001 --round 2 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			list, unit, err := scoredBy(filepath.Clean(args[0]), round)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), append([]shown{}, list...))
			}
			return table(c.OutOrStdout(), shownRows(list, unit))
		},
	}
	c.Flags().IntVar(&round, "round", 0, "only that round (default: all)")
	jsonFlag(c, &asJSON)
	return c
}

// scoredBy lists what a run has scored in a round, or in all if round is 0, and the heading of its costs.
func scoredBy(dir string, round int) (list []shown, unit string, err error) {
	r, err := nse.Open(dir)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	rounds, err := r.Rounds()
	if err != nil {
		return nil, "", err
	}
	settings, err := r.Settings()
	if err != nil {
		return nil, "", err
	}
	if round < 0 || round > len(rounds) {
		return nil, "", fmt.Errorf("%s: --round %d: it has begun %d rounds", dir, round, len(rounds))
	}
	last, hasFront := runs.LastFront(rounds)
	for _, x := range rounds {
		if round != 0 && x.Round != round {
			continue
		}
		archs, err := r.Architectures(x.Round)
		if err != nil {
			return nil, "", err
		}
		more := showing(archs)
		if hasFront && x.Round == last.Round {
			nameFront(more, runs.OnFront(archs))
		}
		list = append(list, more...)
	}
	return list, costHeading(settings.Search.Constraint.Kind.Unit()), nil
}

func showing(archs []nse.Architecture) (list []shown) {
	for _, a := range archs {
		list = append(list, shown{a.Name(), "", a.Round, a.Role, a})
	}
	return list
}

// nameFront gives the members of the last front their other name.
func nameFront(list []shown, front []nse.Architecture) {
	for n, a := range front {
		i := slices.IndexFunc(list, func(s shown) bool { return s.Number == a.Number })
		list[i].Front = fmt.Sprintf("front-%d", n+1)
	}
}

func shownRows(list []shown, unit string) []string {
	rows := []string{"name\tfront\tscored as\taccuracy (shared weights)\t" + unit + "\tparameters\toperations by layer"}
	for _, s := range list {
		front := s.Front
		if front == "" {
			front = "-"
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%.2f %%\t%.4g\t%s\t%s", s.Name, front, s.Role, 100*s.Accuracy,
			s.Cost, text.Thousands(s.Params), opsText(s.Ops)))
	}
	return rows
}
