package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/progress"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data"
)

// dataPack is the command line of data pack.
type dataPack struct {
	out, background string
	options         data.Options
}

func dataPackVerb() *cobra.Command {
	var d dataPack
	c := &cobra.Command{
		Use:   "pack SPEC --out DIR",
		Short: "Decode a data set once, into files that need not fit into memory",
		Long: `Read and resize the images of a data set once, and write their pixels to a folder: files of raw bytes
that are mapped into memory. --data pack:DIR then searches and trains on the same images, bit for bit, whatever their
number, and opens in a moment. Size, background and sides are those of the pack from then on.

After an interruption the same command goes on where it was, and it mends a pack whose files are damaged. The
folder may be moved, and removed when it is no longer needed. A data set that would take more than a third of the free
memory is packed without being asked for, into the folder packs of the one that NSE_CACHE names (default: nse in the
user's cache folder).`,
		Example: `  nse data pack folder:photos --out packed --size 224
  nse evolve --pool ops.toml --data pack:packed`,
		Args: usage(cobra.ExactArgs(1)),
		PreRunE: checked(func(*cobra.Command) (err error) {
			if d.out == "" {
				return errors.New("--out is missing: the folder to pack into")
			}
			d.options.Background, err = data.ParseColour(d.background)
			return err
		}),
		RunE: func(c *cobra.Command, args []string) error { return d.run(c, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&d.out, "out", "", "folder to pack into: new, empty, or an earlier attempt")
	f.IntVar(&d.options.Size, "size", 0, "images are resized to so many pixels square (0: as they are; folders: 32)")
	f.StringVar(&d.background, "background", "#ffffff", "colour behind transparent pixels")
	f.Uint64Var(&d.options.Seed, "seed", 1, "seed of generated images")
	skipFlag(c, &d.options.SkipUnreadable)
	return c
}

func (d *dataPack) run(c *cobra.Command, spec string) error {
	ctx, stop := interruptible(c.Context())
	defer stop()
	p := progress.New(c.ErrOrStderr(), 0)
	d.options.Observe = func(r data.Progress) { p.At(r.Stage, r.Done, r.Total, "files") }
	set, err := data.Pack(ctx, spec, d.out, d.options)
	p.Close()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.ErrOrStderr(), "stopped; the same command goes on")
		return errInterrupted
	}
	if err != nil {
		return err
	}
	if left := set.Left.String(); left != "" {
		fmt.Fprintf(c.ErrOrStderr(), "data: left out %s\n", left)
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d training, %d held-out and %d test images of %d×%d×%d, %d classes: use them with\n",
		set.Train.Len(), set.Validate.Len(), set.Test.Len(), set.Height, set.Width, set.Channels, len(set.Classes))
	_, err = fmt.Fprintf(c.OutOrStdout(), "--data %s\n", text.Shell("pack:"+d.out))
	return err
}
