package registry_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// block returns the first code block of a language in a page.
func block(t *testing.T, page, language string) string {
	t.Helper()
	_, after, found := strings.Cut(page, "\n```"+language+"\n")
	code, _, ends := strings.Cut(after, "\n```\n")
	if !found || !ends {
		t.Fatalf("no block of %s", language)
	}
	return code + "\n"
}

// The first plugin of docs/operators.md is built and loaded as the page says.
func TestOperatorsPage(t *testing.T) {
	page, err := os.ReadFile("../docs/operators.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "nse-fused")
	if err := os.WriteFile(source, []byte(block(t, string(page), "go")), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv(registry.CacheVariable, t.TempDir())
	fused := filepath.Join(dir, "fused.toml")
	if err := os.WriteFile(fused, []byte(block(t, string(page), "toml")), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Lock(t.Context(), fused, options(), func([]registry.Pin, []string) {}); err != nil {
		t.Fatal(err)
	}
	pool, err := registry.Load(t.Context(), fused, options())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var names []string
	for _, op := range pool.Ops {
		names = append(names, op.Name)
	}
	if got := fmt.Sprint(names); got != "[fused-k3-e2 fused-k3 fused-k5-e2 fused-k5]" {
		t.Error(got)
	}
	// 4×4 pixels at the output: 9·16·64 + 64·24 weights each, and two parameters for each normalised channel.
	g, err := pool.Ops[1].Graph(t.Context(), sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 8, Width: 8})
	if err != nil {
		t.Fatal(err)
	}
	want := sdk.Count{Params: 9*16*64 + 64*24 + 2*(64+24), MACs: 16 * (9*16*64 + 64*24)}
	if got := g.Count(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	byHand, err := exec.Command(binary).CombinedOutput()
	if want := "nse-fused: this is a plugin for nse, which starts it by itself: name it in ops.toml, then try nse " +
		"ops check --pool ops.toml\n"; err == nil || string(byHand) != want {
		t.Errorf("started by hand: %v, %s", err, byHand)
	}
}

// The errors that docs/ops-toml.md shows are real.
func TestErrorsOnOpsTomlPage(t *testing.T) {
	page, err := os.ReadFile("../docs/ops-toml.md")
	if err != nil {
		t.Fatal(err)
	}
	_, errors, _ := strings.Cut(string(page), "## Errors")
	for i, text := range []string{
		one("mbconv", "mbconv") + "\nkernal = 3",
		one("mbconv", "mbconv") + "\nkernel = 3\n" + `  expand= "6"`,
		one("mbconf", "mbconv"),
		"[[plugin]]\nbuiltin = \"mbconv\"\n\n[[plugin.op]]\nname = \"mbconv\"\nkernel = 4\nexpand = 3",
	} {
		_, err := load(t, text)
		if want := strings.Split(block(t, errors, ""), "\n")[i]; fmt.Sprint(err) != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}
