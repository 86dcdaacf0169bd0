package main

import "github.com/spf13/cobra"

func dataVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:     "data",
		Short:   "Prepare data sets",
		Long:    `Prepare the images that searches and trainings read (--data SPEC).`,
		Example: `  nse data pack folder:photos --out packed --size 224`,
	}, dataPackVerb())
}
