package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/history"
)

// historyFlags are the flags of nse ops history.
type historyFlags struct {
	json    bool
	op, svg string
}

func opsHistoryVerb() *cobra.Command {
	var f historyFlags
	c := &cobra.Command{
		Use:   "history RUN",
		Short: "Say how each operation of a pool fared in a search",
		Long: `For each operation of a run: the file that it came with (and the start of its plugin's SHA-256), the
round from which on it waited, and by round (ROUND:VALUE) in how many layers it was, its mean fitness θ there at the
end, in how many layers it fell below the threshold, was let go because the front did not use it, or stayed, and how
many of the front's architectures use it. --op tells the fitness of one operation over time and its end in each layer;
--json has all of it. --svg draws the rounds of all operations, with a square for each layer.`,
		Example: `  nse ops history runs/001
  nse ops history runs/001 --op mbconv-k5-e3
  nse ops history runs/001 --json
  nse ops history runs/001 --svg history.svg`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.svg != "" && (f.json || f.op != "") {
				return usageError{c.CommandPath(), errors.New("--svg draws all operations: leave --json and --op out")}
			}
			return f.run(c, args[0])
		},
	}
	c.Flags().StringVar(&f.op, "op", "", "one operation, by name")
	c.Flags().StringVar(&f.svg, "svg", "", "write a drawing to this file")
	jsonFlag(c, &f.json)
	return c
}

func (f historyFlags) run(c *cobra.Command, dir string) error {
	r, err := nse.Open(dir)
	if err != nil {
		return err
	}
	defer r.Close()
	list, err := r.History()
	if err != nil {
		return err
	}
	if f.op != "" {
		if list, err = history.Only(list, f.op); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	switch {
	case f.svg != "":
		rounds, err := r.Rounds()
		if err != nil {
			return err
		}
		return file.Make(f.svg, history.Drawing(rounds, list).SVG)
	case f.op != "" && !f.json:
		return list[0].Write(c.OutOrStdout())
	}
	return show(c, f.json, list, history.Rows(list))
}
