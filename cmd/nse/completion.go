package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// shells are those for which completions can be made.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionVerb() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script with which a shell completes commands and flags",
		Long: `Print a script for a shell. Once the shell has read it, the tab key completes the commands and flags of
nse, with what each is for. The script asks nse itself, so it need not be made again when nse changes.

The examples go for one session, and for every one to come. bash wants the package bash-completion. zsh wants
"autoload -U compinit; compinit" in ~/.zshrc. PowerShell reads what $PROFILE names when it starts.`,
		Example: `  source <(nse completion bash)
  nse completion bash > ~/.local/share/bash-completion/completions/nse

  source <(nse completion zsh)
  nse completion zsh > "${fpath[1]}/_nse"

  nse completion fish | source
  nse completion fish > ~/.config/fish/completions/nse.fish

  nse completion powershell | Out-String | Invoke-Expression
  nse completion powershell >> $PROFILE`,
		Args:      usage(cobra.ExactArgs(1)),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			root, w := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return usageError{c.CommandPath(), fmt.Errorf("no shell %q: want bash, zsh, fish or powershell", args[0])}
		},
	}
}
