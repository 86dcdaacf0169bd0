package main

import "github.com/spf13/cobra"

func dataVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "data",
		Short: "Look at data sets, and prepare them",
		Long:  `Look at the images that searches and trainings read (--data SPEC), and prepare them.`,
		Example: `  nse data list
  nse data check folder:photos
  nse data pack folder:photos --out packed --size 224`,
	}, dataCheckVerb(), dataListVerb(), dataPackVerb())
}
