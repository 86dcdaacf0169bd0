package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nse-dev/nse/internal/text"
)

// Exit statuses besides 0.
const (
	failed      = 1
	misused     = 2
	interrupted = 130
)

// verbs is the table of commands, in the order of the help.
func verbs() []*cobra.Command {
	return []*cobra.Command{evolveVerb(), configVerb(), resumeVerb(), continueVerb(), runsVerb(), opsVerb(),
		reportVerb(), studyVerb(), scoreVerb(), judgeVerb(), retrainVerb(), evalVerb(), predictVerb(),
		exportVerb(), drawVerb(), costVerb(), dataVerb(), lutVerb(), benchVerb(), tableVerb(), versionVerb(),
		completionVerb(), manVerb(), pluginVerb()}
}

// run executes a command line, without the program's name, and returns its exit status. An error is one line on
// standard error.
func run(args []string) int {
	root := group(&cobra.Command{
		Use:   "nse",
		Short: "Search convolutional architectures by evolving the search space",
		Long: `nse finds convolutional architectures that are Pareto-optimal in accuracy and cost.

Operations come from plugins that a pool file lists. A search keeps a few of them for every layer, trains a
weight-sharing supernet on them, drops those whose learned fitness falls, retrieves the Pareto front, keeps what
the front uses, refills from the pool, and repeats.`,
		Example: `  nse evolve --pool ops.toml
  nse evolve --pool ops.toml --data fashion-mnist:DIR --config examples/fashion-mnist.toml
  nse resume runs/001`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}, verbs()...)
	root.CompletionOptions.DisableDefaultCmd = true // completionVerb is it
	root.PersistentPreRunE = checked(valued)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{c.CommandPath(), err} })
	root.SetArgs(args)
	root.SetOut(os.Stdout)
	root.SetErr(os.Stderr)
	return status(root.Execute())
}

// status reports an error and returns the exit status that it asks for.
func status(err error) int {
	var misuse usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		return interrupted
	case errors.As(err, &misuse):
		fmt.Fprintf(os.Stderr, "nse: %s (see %s --help)\n", text.OneLine(misuse.err), misuse.verb)
		return misused
	}
	fmt.Fprintf(os.Stderr, "nse: %s\n", text.OneLine(err))
	return failed
}

// usageError is a command line that makes no sense.
type usageError struct {
	verb string
	err  error
}

func (e usageError) Error() string { return e.err.Error() }

// usage makes errors about arguments into usage errors.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check(c, args) != nil {
			return usageError{c.CommandPath(), fmt.Errorf("%d arguments: want %s", len(args), c.UseLine())}
		}
		return nil
	}
}

// checked makes errors about flags into usage errors.
func checked(check func(*cobra.Command) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		if err := check(c); err != nil {
			return usageError{c.CommandPath(), err}
		}
		return nil
	}
}

// valued refuses flags whose value looks as if it had not been given, and would be taken so: an empty text, which an
// unset variable of the shell leaves, and 0 for what counts from 1.
func valued(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		switch kind, value := f.Value.Type(), f.Value.String(); {
		case err != nil:
		case kind == "string" && value == "":
			err = fmt.Errorf("--%s is empty: give it a value, or leave it out", f.Name)
		case value == "0" && slices.Contains(fromOne, f.Name) && !strings.Contains(f.Usage, "(0: "):
			err = fmt.Errorf("--%s 0: want 1 or more, or leave it out", f.Name)
		}
	})
	return err
}

// fromOne names flags without a check of their own, for which verbs take 0 as not given.
var fromOne = []string{"size", "channels", "classes", "round", "part"}

// group is a command that only has others.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := ""
		if near := c.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(": did you mean %q?", near[0])
		}
		return usageError{c.CommandPath(),
			fmt.Errorf("there is no command %q%s", strings.Join([]string{c.Name(), args[0]}, " "), hint)}
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	c.AddCommand(subs...)
	return c
}
