package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/inspection"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet/data"
)

func dataCheckVerb() *cobra.Command {
	var o data.Options
	var sheet string
	var asJSON bool
	c := &cobra.Command{
		Use:   "check SPEC",
		Short: "Say what a data set has, and what is wrong with it",
		Long: `Look at all images of a data set: classes and sides, sizes and formats, what is left out and why, files
that cannot be read, images that are copies or look alike, images of one colour, unbalance, and what would be wise.
Nothing that is found ends the check. The status is 1 where a search would refuse the data set.`,
		Example: `  nse data check folder:photos --sheet photos.png
  nse data check folder:photos --size 64 --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return checkData(c, args[0], o, sheet, asJSON) },
	}
	c.Flags().IntVar(&o.Size, "size", 0, "side in pixels of what networks are to see (default: the data set's)")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of generated images")
	c.Flags().StringVar(&sheet, "sheet", "", "PNG `FILE` for images of each class as networks see them")
	skipFlag(c, &o.SkipUnreadable)
	jsonFlag(c, &asJSON)
	return c
}

func checkData(c *cobra.Command, spec string, o data.Options, sheet string, asJSON bool) error {
	o.Observe = reading(c)
	var s *inspection.Sheet
	if sheet != "" {
		s = new(inspection.Sheet)
	}
	r, err := inspection.Of(c.Context(), spec, o, s)
	if err != nil {
		return err
	}
	if s != nil {
		if err := file.Make(sheet, s.PNG); err != nil {
			return err
		}
	}
	if asJSON {
		err = printJSON(c.OutOrStdout(), r)
	} else {
		err = r.Write(c.OutOrStdout())
	}
	if err == nil && r.Refused != "" {
		err = fmt.Errorf("a search would refuse %s: %s", text.Printable(spec), r.Refused)
	}
	return err
}
