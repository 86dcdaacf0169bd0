package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/latency"
	"github.com/nse-dev/nse/supernet"
)

func lutVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "lut",
		Short: "Measure what operations take on this machine",
		Long: `Measure how long each operation of a pool takes at each layer of a network on this machine, and write that to a table,
from which a search predicts the latency of an architecture: kind = "latency" and table = "FILE" in [search.constraint].`,
		Example: `  nse lut build --pool pools/latency19.toml --config examples/latency.toml --out latency.json
  nse lut check latency.json --pool pools/latency19.toml`,
	}, lutBuildVerb(), lutCheckVerb())
}

// readTable reads a table of latencies.
func readTable(path string) (t latency.Table, err error) {
	text, err := readText(path)
	if err != nil {
		return t, err
	}
	return parseTable(path, text)
}

func parseTable(path string, text []byte) (t latency.Table, err error) {
	if err := decodeJSON(path, text, &t); err != nil {
		return t, err
	}
	if err := t.Validate(); err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// operations are those of the network as tables tell them apart.
func (n *network) operations() ([]latency.Operation, error) {
	list := make([]latency.Operation, len(n.names))
	for i, name := range n.names {
		list[i].Name = name
		for l := range n.Layers {
			f, err := latency.Fingerprint(n.graphs[l][i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			list[i].Graphs = append(list[i].Graphs, f)
		}
	}
	return list, nil
}

// setupOf is what a table of a network is for.
func setupOf(m supernet.Macro, i supernet.Input) latency.Setup {
	return latency.Setup{Macro: m, Image: [3]int{i.Height, i.Width, i.Channels}, Classes: i.Classes}
}

// imagesOf is what a network needs to know of the images that a table is for.
func imagesOf(s latency.Setup) supernet.Input {
	return supernet.Input{Height: s.Image[0], Width: s.Image[1], Channels: s.Image[2], Classes: s.Classes}
}

// warmUp is the number of turns before those that count.
const warmUp = 3

// repeatsFlag adds --repeats.
func repeatsFlag(c *cobra.Command, repeats *int) {
	c.Flags().IntVar(repeats, "repeats", 100, "number of measurements of each")
}

func checkRepeats(repeats int) error {
	if repeats < 1 || repeats > 10_000 {
		return fmt.Errorf("--repeats %d: want 1 to 10000", repeats)
	}
	return nil
}
