package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/export"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/supernet/data"
)

// exporting is the command line of export.
type exporting struct {
	variant
	onnx, pytorch, bn, pick string
	normalise, json         bool
	seed                    uint64
}

func exportVerb() *cobra.Command {
	var e exporting
	c := &cobra.Command{
		Use:   "export MODEL|FILE|RUN|NAME",
		Short: "Write a network as ONNX, as a PyTorch module or as JSON",
		Long: `Write a network for other runtimes. Its input is named image, [batch, channels, height, width], its output logits,
[batch, classes]; both are float32, and the batch is any.

--onnx writes ONNX of opset 17. --bn fold puts each batch normalisation into the weights of the convolution before it.
--pytorch writes a Python module that needs PyTorch alone, and beside it the weights as safetensors: for net.py,
net.safetensors. net.load("net.safetensors") returns the network.
--json prints every layer with its graph, its shapes, its parameters and its MACs.

Architectures have no weights: they get those that training begins with, which follow from --seed.

` + modelsHelp,
		Example: `  nse export models/NSENet-27 --onnx nsenet-27.onnx --normalise
  nse export runs/001 --pick front-2 --pytorch net.py
  nse export nsenet --se --swish --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := e.check(); err != nil {
				return usageError{c.CommandPath(), err}
			}
			n, err := e.open(c.Context(), args[0])
			if err != nil {
				return err
			}
			if err := e.run(c, n); err != nil {
				return fmt.Errorf("%s: %w", n.Name, err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&e.onnx, "onnx", "", "write ONNX to this file")
	f.StringVar(&e.bn, "bn", "fold", "batch normalisation in ONNX: fold it into the convolutions before it, or keep it")
	f.StringVar(&e.pytorch, "pytorch", "", "write a PyTorch module to this file, which ends in .py")
	f.BoolVar(&e.json, "json", false, "print a description in JSON")
	f.BoolVar(&e.normalise, "normalise", false, "take pixels of 0 to 1 and normalise them in the network, as in training")
	f.StringVar(&e.pick, "pick", "", "the architecture of that name, where there are several, such as front-1")
	f.Uint64Var(&e.seed, "seed", 1, "seed of the weights of an architecture without any")
	e.variant.flags(c)
	return c
}

// check refuses flags that say nothing or contradict each other.
func (e exporting) check() error {
	switch {
	case e.onnx == "" && e.pytorch == "" && !e.json:
		return errors.New("nothing to write: want --onnx FILE, --pytorch FILE.py or --json")
	case e.bn != "fold" && e.bn != "keep":
		return fmt.Errorf("--bn %q: want fold or keep", e.bn)
	case e.pytorch != "" && !strings.HasSuffix(filepath.Base(e.pytorch), ".py"):
		return fmt.Errorf("--pytorch %s: want a name that ends in .py", e.pytorch)
	}
	return nil
}

// run writes what is asked for.
func (e exporting) run(c *cobra.Command, n *export.Network) error {
	if n.Weights == nil && (e.onnx != "" || e.pytorch != "") {
		if err := n.Initialise(e.seed); err != nil {
			return err
		}
	}
	if e.onnx != "" {
		model, err := n.ONNX(export.ONNXConfig{KeepBN: e.bn == "keep", Normalise: e.normalise})
		if err == nil {
			err = file.Write(e.onnx, model)
		}
		if err != nil {
			return err
		}
	}
	if e.pytorch != "" {
		if err := e.module(n); err != nil {
			return err
		}
	}
	if !e.json {
		return nil
	}
	d, err := n.Describe()
	if err != nil {
		return err
	}
	return printJSON(c.OutOrStdout(), d)
}

// module writes the PyTorch module with its weights beside it.
func (e exporting) module(n *export.Network) error {
	module, err := n.Torch(export.TorchConfig{Normalise: e.normalise})
	if err != nil {
		return err
	}
	weights, err := n.Weights.Encode()
	if err == nil {
		err = file.Write(strings.TrimSuffix(e.pytorch, ".py")+".safetensors", weights)
	}
	if err != nil {
		return err
	}
	return file.Write(e.pytorch, module)
}

// open is the network of a trained model, or of an architecture.
func (e exporting) open(ctx context.Context, what string) (*export.Network, error) {
	m, err := openModels(ctx, what, e.variant)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	x, err := pick(m.list, e.pick)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	n := &export.Network{Name: x.Name, Skeleton: x.Skeleton, Branches: make([][]export.Branch, len(x.Graphs))}
	for l, graphs := range x.Graphs {
		for i, g := range graphs {
			n.Branches[l] = append(n.Branches[l], export.Branch{Op: x.Ops[l][i].Name, Graph: g})
		}
	}
	if x.Folder == "" {
		return n, nil
	}
	return n, train(n, x.Folder)
}

// train gives a network what the model in a folder has learned.
func train(n *export.Network, dir string) error {
	m, err := modelfile.Read(dir)
	if err != nil {
		return err
	}
	n.Classes, n.Data = m.Classes, &data.Normalization{Mean: m.Input.Mean, Std: m.Input.Std}
	n.Weights, err = m.Weights(dir)
	return err
}
