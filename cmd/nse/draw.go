package main

import (
	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/drawing"
)

// drawFlags is the command line of draw.
type drawFlags struct {
	source  architecture.Source
	variant architecture.Variant
	out     string
}

func drawVerb() *cobra.Command {
	var d drawFlags
	c := &cobra.Command{
		Use:   "draw MODEL|FILE|RUN|NAME",
		Short: "Draw architectures as SVG or PNG",
		Long: `Draw architectures side by side, each from its image down to its classes. An operation is a block in
the colour of its family, with the kernels of its convolutions and pooling, its expansion (e), dilation (d), groups
(g) and squeeze-and-excite (SE), as its graph has them; the wider its inner tensors, the wider the block, and the
larger its kernel, the taller. Operations of plugins that do not ship show their names too. The output of a layer is
the mean of its blocks, and of its input if there is an identity path, the thick line. A dashed line follows each
layer that changes channels or resolution, with the shape of its output.

` + modelsHelp,
		Example: `  nse draw nsenet-27
  nse draw runs/001 --out front.png
  nse draw runs/001 --pick front-1,front-4 --out two.svg
  nse draw nsenet --se --swish --out nsenet-se.svg`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := drawing.Output(d.out, args[0])
			if err != nil {
				return usageError{c.CommandPath(), err}
			}
			if err := d.run(c, args[0], path); err != nil {
				return err
			}
			return printPath(c, path)
		},
	}
	c.Flags().StringVar(&d.out, "out", "",
		"file to write, which ends in .svg or .png (default: the source's name and .svg, here)")
	runFlag(c, &d.source.Run)
	pickFlag(c, &d.source.Pick)
	variantFlags(c, &d.variant)
	return c
}

func (d drawFlags) run(c *cobra.Command, what, path string) error {
	d.source.Path = what
	m, list, err := opener().Picked(c.Context(), d.source, d.variant)
	if err != nil {
		return err
	}
	defer m.Close()
	picture, err := m.Picture(what, list)
	if err != nil {
		return err
	}
	return drawing.Write(path, picture.SVG, picture.PNG)
}
