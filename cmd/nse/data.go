package main

import "github.com/spf13/cobra"

func dataVerb() *cobra.Command {
	return group(&cobra.Command{
		Use:   "data",
		Short: "Look at data sets",
		Example: `  nse data list
  nse data check folder:photos`,
	}, dataCheckVerb(), dataListVerb())
}
