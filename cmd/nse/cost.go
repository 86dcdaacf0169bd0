package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/config"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// variant changes how architectures are built.
type variant struct{ squeezeExcite, swish bool }

func (v variant) apply(m *supernet.Macro) {
	m.SqueezeExcite = m.SqueezeExcite || v.squeezeExcite
	if v.swish {
		m.Activation = sdk.Swish
	}
}

// priced is one line of the answer.
type priced struct {
	Name   string `json:"name"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"`
}

func costVerb() *cobra.Command {
	var asJSON bool
	var v variant
	c := &cobra.Command{
		Use:   "cost FILE|RUN",
		Short: "Count the parameters and MACs of architectures",
		Long: `Count the parameters and multiply-accumulates of architectures for one image, from the graphs that their plugins
describe. FILE lists published architectures (name, space, scale, channels, layers, ops) for 224×224 images, or is
the front.json of a run; RUN is a run folder.`,
		Example: `  nse cost architectures.json
  nse cost architectures.json --se --swish --json
  nse cost runs/001`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := price(c.Context(), args[0], v)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), list)
			}
			rows := []string{"architecture\tparameters\tMACs"}
			for _, p := range list {
				rows = append(rows, fmt.Sprintf("%s\t%s\t%s", p.Name, thousands(p.Params), thousands(p.MACs)))
			}
			return table(c.OutOrStdout(), rows)
		},
	}
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&v.squeezeExcite, "se", false, "add squeeze-and-excite to every operation that can have it")
	c.Flags().BoolVar(&v.swish, "swish", false, "use swish in place of the activation")
	return c
}

// price counts the architectures of a file or of a run's front.
func price(ctx context.Context, path string, v variant) ([]priced, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, runs.FrontFile)
	}
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, locateJSON(path, text, err)
	}
	if keys["architectures"] == nil {
		return nil, fmt.Errorf(`%s: not a list of architectures: there is no "architectures"`, path)
	}
	if keys["round"] != nil {
		return priceFront(ctx, path, text, v)
	}
	return pricePublished(ctx, path, text, v)
}

// front is the format of front.json.
type front struct {
	Round         int                 `json:"round"`
	Architectures []runs.Architecture `json:"architectures"`
}

// priceFront counts a run's front with the pool and the configuration beside it.
func priceFront(ctx context.Context, path string, text []byte, v variant) ([]priced, error) {
	var f front
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, locateJSON(path, text, err)
	}
	n, err := networkOf(ctx, filepath.Dir(path), v)
	if err != nil {
		return nil, err
	}
	var list []priced
	for i, a := range f.Architectures {
		arch, err := n.idsOf(a.Ops)
		if err != nil {
			return nil, fmt.Errorf("%s: architecture %d: %w", path, i, err)
		}
		c := n.count(arch)
		list = append(list, priced{fmt.Sprintf("front-%d", i+1), c.Params, c.MACs})
	}
	return list, nil
}

// networkOf lays a run's network out anew.
func networkOf(ctx context.Context, dir string, v variant) (network, error) {
	r, err := runs.Read(dir)
	if err != nil {
		return network{}, err
	}
	defer r.Close()
	c, err := configOf(r)
	if err != nil {
		return network{}, err
	}
	v.apply(&c.Macro)
	s, err := skeleton(c.Macro, r.Info.Image)
	if err != nil {
		return network{}, err
	}
	p, err := poolOf(ctx, r)
	if err != nil {
		return network{}, err
	}
	defer p.Close()
	return layOut(ctx, p.Ops, s)
}

// configOf reads a run's configuration as it was used.
func configOf(r *runs.Run) (config.Config, error) {
	path := filepath.Join(r.Dir, runs.ConfigFile)
	text, err := readText(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Parse(path, bytes.TrimSpace(text), config.Override{})
}

func skeleton(m supernet.Macro, i runs.Image) (supernet.Skeleton, error) {
	return m.Skeleton(sdk.Shape{Height: i.Height, Width: i.Width, Channels: i.Channels}, i.Classes)
}
