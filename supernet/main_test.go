package supernet

import (
	"fmt"
	"os"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk/serve"
)

// The test binary is its own plugin: with the arguments "plugin serve" it serves a built-in one.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "plugin" {
		op, err := plugins.Builtin(os.Args[3])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		serve.Main(op)
		return
	}
	os.Exit(m.Run())
}

// processes run the test binary as plugins.
func processes() registry.Options {
	return registry.Options{Self: []string{os.Args[0], "plugin", "serve"}}
}
