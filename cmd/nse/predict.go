package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/evaluation"
	"github.com/nse-dev/nse/internal/text"
)

func predictVerb() *cobra.Command {
	var f trainedFlags
	var o evaluation.PredictOptions
	c := &cobra.Command{
		Use:   "predict MODEL IMAGE|FOLDER|-...",
		Short: "Classify image files",
		Long: `Classify images with a trained model: PNG, JPEG, WebP, BMP, GIF and TIFF files, all that are in folders
and below them, and for - one image from standard input. An image is cut to its central square and resized as in
training, and turned grey or to three channels if the model's were. Hidden files and files that are no images are
passed over in folders, and counted. Any other file that cannot be read is named in a line on standard error; the rest
is classified all the same, and the exit status is 1.

--json prints a line of JSON for each image as it is classified (JSON lines).`,
		Example: `  nse predict runs/001/models/front-3 cat.jpg
  nse predict models/NSENet photos --json > classes.jsonl
  curl -s https://example.org/cat.jpg | nse predict models/NSENet - --top 1`,
		Args:    usage(cobra.MinimumNArgs(2)),
		PreRunE: checked(func(c *cobra.Command) error { return o.Validate(c.Flags().Args()[1:]) }),
		RunE: func(c *cobra.Command, args []string) error {
			m, err := f.open(c, filepath.Clean(args[0]))
			if err != nil {
				return err
			}
			defer m.Close()
			return predict(c, m, args[1:], o, f.asJSON)
		},
	}
	c.Flags().IntVar(&o.Top, "top", 3, "how many classes to name")
	f.add(c)
	c.Flags().Lookup("json").Usage = "print a line of JSON for each image"
	return c
}

// predict classifies images and prints what comes of them, some at a time.
func predict(c *cobra.Command, m *evaluation.Model, paths []string, o evaluation.PredictOptions, asJSON bool) error {
	o.Stdin, o.Observe = c.InOrStdin(), reading(c)
	o.Bad = func(err error) { fmt.Fprintln(c.ErrOrStderr(), text.OneLine(err)) }
	o.Each = evaluation.Printer(c.OutOrStdout(), asJSON)
	n, err := m.Predict(c.Context(), paths, o)
	if err == nil && n.Left != "" {
		fmt.Fprintf(c.ErrOrStderr(), "data: left out %s\n", n.Left)
	}
	return errors.Join(err, n.Err())
}
