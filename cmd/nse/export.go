package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
)

// exporting is the command line of export.
type exporting struct {
	nse.ExportOptions
	variant architecture.Variant
	bn      string
	json    bool
}

func exportVerb() *cobra.Command {
	var e exporting
	c := &cobra.Command{
		Use:   "export MODEL|FILE|RUN|NAME",
		Short: "Write a network as ONNX, as a PyTorch module or as JSON",
		Long: `Write a network for other runtimes. Its input is named image, [batch, channels, height, width], its
output logits, [batch, classes]; both are float32, and the batch is any.

--onnx writes ONNX of opset 17. --bn fold puts each batch normalisation into the weights of the convolution before it,
and parallel branches into one convolution that can stand for them. --bn keep leaves both, for PyTorch too.
--pytorch writes a Python module that needs PyTorch alone, and beside it the weights as safetensors: for net.py,
net.safetensors. net.load("net.safetensors") returns the network.
--json prints every layer with its graph, its shapes, its parameters and its MACs.

Architectures have no weights: they get those that training begins with, which follow from --seed.

` + modelsHelp,
		Example: `  nse export models/NSENet-27 --onnx nsenet-27.onnx --normalise
  nse export runs/001 --pick front-2 --pytorch net.py
  nse export nsenet --se --swish --json`,
		Args:    usage(cobra.ExactArgs(1)),
		PreRunE: checked(e.check),
		RunE:    func(c *cobra.Command, args []string) error { return e.run(c, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&e.ONNX, "onnx", "", "write ONNX to this file")
	f.StringVar(&e.bn, "bn", "fold", "BN in ONNX, and branches that merge: fold them into convolutions, or keep them")
	f.StringVar(&e.PyTorch, "pytorch", "", "write a PyTorch module to this file, which ends in .py")
	f.BoolVar(&e.json, "json", false, "print a description in JSON")
	f.BoolVar(&e.Normalise, "normalise", false, "take pixels of 0 to 1, which the network normalises as in training")
	f.StringVar(&e.Pick, "pick", "", "the architecture of that name, where there are several, such as front-1")
	runFlag(c, &e.Run)
	f.Uint64Var(&e.Seed, "seed", 1, "seed of the weights of an architecture without any")
	variantFlags(c, &e.variant)
	return c
}

// check refuses flags that say nothing or contradict each other.
func (e *exporting) check(*cobra.Command) error {
	switch {
	case e.ONNX == "" && e.PyTorch == "" && !e.json:
		return errors.New("nothing to write: want --onnx FILE, --pytorch FILE.py or --json")
	case e.bn != "fold" && e.bn != "keep":
		return fmt.Errorf("--bn %q: want fold or keep", e.bn)
	case e.PyTorch != "" && !strings.HasSuffix(filepath.Base(e.PyTorch), ".py"):
		return fmt.Errorf("--pytorch %s: want a name that ends in .py", e.PyTorch)
	}
	return nil
}

// run writes what is asked for.
func (e *exporting) run(c *cobra.Command, source string) error {
	o := hosted(nil)
	e.KeepBN, e.SqueezeExcite, e.Swish = e.bn == "keep", e.variant.SqueezeExcite, e.variant.Swish
	if e.ONNX != "" || e.PyTorch != "" {
		if err := nse.Export(c.Context(), source, e.ExportOptions, o); err != nil {
			return err
		}
	}
	if !e.json {
		return nil
	}
	d, err := nse.Describe(c.Context(), source, e.ExportOptions, o)
	if err != nil {
		return err
	}
	return printJSON(c.OutOrStdout(), d)
}
