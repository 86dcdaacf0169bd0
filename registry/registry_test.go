package registry_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// shipped loads one of the pools in the repository.
func shipped(t *testing.T, path string) *registry.Pool {
	t.Helper()
	text, err := nse.Pools.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := load(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestShippedPoolsEqualReference(t *testing.T) {
	text, err := os.ReadFile("../testdata/ops27.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Spaces map[string][]map[string]any }
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	for space, path := range map[string]string{"27": "ops.toml", "second45": "pools/second45.toml",
		"19": "pools/latency19.toml"} {
		pool := shipped(t, path)
		if len(pool.Ops) != len(reference.Spaces[space]) {
			t.Fatalf("%s has %d operations, want %d", path, len(pool.Ops), len(reference.Spaces[space]))
		}
		for id, want := range reference.Spaces[space] {
			op := pool.Ops[id]
			got := map[string]any{"family": op.Family}
			for name, v := range op.Attrs {
				got[name] = v
			}
			if fmt.Sprint(got) != fmt.Sprint(want) || op.ID != id {
				t.Errorf("%s: operation %d is %v, want %v", path, id, got, want)
			}
		}
	}
}

func TestNames(t *testing.T) {
	var names []string
	for _, path := range []string{"ops.toml", "pools/second45.toml", "pools/latency19.toml"} {
		for i, op := range shipped(t, path).Ops {
			if i == 0 || i == 1 || i == 8 || i == 18 {
				names = append(names, op.Name)
			}
		}
	}
	want := "mbconv-k3-e1 mbconv-k3-e1-d2 mbconv-k3-e6-d3 mbconv-k11-e1 " +
		"mbconv-k3-e1-g1.2 mbconv-k3-e1-g2.1 mbconv-k3-e6-g2.2 mbconv-k7-e1-g1.2 " +
		"mbconv-k3-e1 mbconv-k3-e3 mbconv-k7-e6 ssc-k7-e4"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestGraphThroughPlugin(t *testing.T) {
	pool := shipped(t, "ops.toml")
	g, err := pool.Ops[8].Graph(t.Context(), sdk.Layer{In: 16, Out: 16, Stride: 1, Height: 112, Width: 112})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := g.Count(), (sdk.Count{Params: 4352, MACs: 49373184}); got != want {
		t.Errorf("mbconv-k3-e6-d3: %+v, want %+v", got, want)
	}
	_, err = pool.Ops[0].Graph(t.Context(), sdk.Layer{In: 16, Out: 16, Stride: 9, Height: 112, Width: 112})
	if want := "ops.toml:6:1: mbconv-k3-e1: layer 0: stride 9 is not in 1..8"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// A plugin tells a version of its own, or the one that Go built it as.
func TestVersions(t *testing.T) {
	info, _ := debug.ReadBuildInfo()
	for name, version := range map[string]string{"dated": "v1.2.3-rc.1+ö", "plain": info.Main.Version, "stubborn": ""} {
		pool, err := load(t, one(name, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := pool.Ops[0].Plugin, (registry.Plugin{Name: name, Version: version, Protocol: 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestPluginWithPath(t *testing.T) {
	t.Setenv(registry.CacheVariable, t.TempDir())
	dir := t.TempDir()
	script := "#!/bin/sh\nexec " + os.Args[0] + " plugin plain\n"
	if err := os.WriteFile(filepath.Join(dir, "nse-plain"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	listing := "[[plugin]]\npath = \"./nse-plain\"\n%s[[plugin.op]]\nname = \"plain\"\n"
	parse := func(text string) error {
		pool, err := registry.Parse(t.Context(), "p.toml", []byte(text), dir, options())
		if err == nil {
			err = pool.Close()
		}
		return err
	}
	missing := strings.TrimSuffix(fmt.Sprint(parse(fmt.Sprintf(listing, ""))), ")")
	before, sum, found := strings.Cut(missing, "today it is ")
	if want := `p.toml:2:8: plugin "./nse-plain" is pinned neither by a sha256 nor in nse.lock: nse ops lock --pool ` +
		`p.toml accepts it (`; before != want || !found {
		t.Fatalf("got %s, want %s...", missing, want)
	}
	err := parse(fmt.Sprintf(listing, sum+"\n"))
	if want := `p.toml:2:8: plugin "./nse-plain" was never accepted on this machine: nse ops lock --pool p.toml ` +
		`accepts it, if you trust where it comes from`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := registry.Admit(filepath.Join(dir, "nse-plain")); err != nil {
		t.Fatal(err)
	}
	if err := parse(fmt.Sprintf(listing, sum+"\n")); err != nil {
		t.Error(err)
	}
	err = parse(fmt.Sprintf(listing, `sha256 = "`+strings.Repeat("ab", 32)+"\"\n"))
	if want := `p.toml:2:8: plugin "./nse-plain": the binary's ` +
		strings.Replace(strings.ReplaceAll(sum, `"`, ""), "=", "is", 1) +
		": it is not the file that was listed"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Chmod(filepath.Join(dir, "nse-plain"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = parse(fmt.Sprintf(listing, sum+"\n"))
	if want := `p.toml:2:8: plugin "./nse-plain": ` + filepath.Join(dir, "nse-plain") +
		" may not be executed: chmod +x makes it a program"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCancelledLoad(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := registry.Parse(ctx, "ops.toml", []byte(one("mute", "x")), ".", options())
	if want := `ops.toml:2:11: plugin "mute": start: context deadline exceeded`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestListedTwice(t *testing.T) {
	_, err := load(t, one("plain", "plain")+"[[plugin.op]]\nname = \"plain\"\n")
	if want := "ops.toml:5:1: plain is listed twice, first at ops.toml:3:1"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoadFromFile(t *testing.T) {
	_, err := registry.Load(t.Context(), filepath.Join("..", "missing.toml"), options())
	if want := "open ../missing.toml: no such file or directory"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	pool, err := registry.Load(t.Context(), filepath.Join("..", "ops.toml"), options())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if got, want := pool.Ops[26].Where, "../ops.toml:20:1"; got != want || pool.Ops[26].Doc == "" {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLogGetsWhatPluginsPrint(t *testing.T) {
	var log lockedBuffer
	o := options()
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if _, err := loadWith(t, one("prints", "prints"), o); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(log.String(), "printed in Build") && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if text := log.String(); !strings.Contains(text, "printed in Build") || strings.Contains(text, "level=ERROR") {
		t.Errorf("the log is\n%s", text)
	}
}

// lockedBuffer is a buffer for a log that several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A plugin learns nothing from the host's environment.
func TestEnvironmentStaysHere(t *testing.T) {
	t.Setenv("NSE_TEST_TOKEN", "secret")
	_, err := load(t, one("spies", "spies"))
	if text := fmt.Sprint(err); !strings.Contains(text, " PATH") || strings.Contains(text, "NSE_TEST_TOKEN") ||
		strings.Contains(text, "HOME") {
		t.Errorf("the plugin was given %s", text)
	}
}

// What is executed is a copy that was hashed: a copy that was damaged is made anew, and one that is kept is used though
// another pool has the file elsewhere.
func TestPluginsRunFromTheCache(t *testing.T) {
	cache, dir := t.TempDir(), t.TempDir()
	t.Setenv(registry.CacheVariable, cache)
	path := filepath.Join(dir, "nse-plain")
	script := []byte("#!/bin/sh\nexec " + os.Args[0] + " plugin plain\n")
	if err := os.WriteFile(path, script, 0o755); err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(script))
	kept := filepath.Join(cache, sum, "nse-plain")
	if _, err := registry.Admit(path); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("[[plugin]]\npath = %q\nsha256 = %q\n[[plugin.op]]\nname = \"plain\"\n", path, sum)
	for _, damage := range []func() error{
		func() error { return nil },
		func() error { return os.Remove(kept) },
		func() error {
			return errors.Join(os.Chmod(kept, 0o700), os.WriteFile(kept, append(script, "# more"...), 0o700))
		},
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		pool, err := registry.Parse(t.Context(), "p.toml", []byte(text), dir, options())
		if err != nil {
			t.Fatal(err)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(kept); err != nil || string(got) != string(script) {
			t.Errorf("the copy is %q, %v", got, err)
		}
		if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o500 {
			t.Errorf("the copy is %v, %v", info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(kept)); err != nil || len(left) != 1 {
		t.Errorf("the folder of the copy has %v, %v", left, err)
	}
}

// A recalled plugin is known by its checksum, under whatever name the user has named it; a copy that was damaged is
// not.
func TestRecallGoesByChecksum(t *testing.T) {
	cache, dir := t.TempDir(), t.TempDir()
	t.Setenv(registry.CacheVariable, cache)
	script := []byte("#!/bin/sh\nexec " + os.Args[0] + " plugin plain\n")
	sum := fmt.Sprintf("%x", sha256.Sum256(script))
	text := fmt.Sprintf("[[plugin]]\npath = \"elsewhere/nse-plain\"\nsha256 = %q\n[[plugin.op]]\nname = \"plain\"\n",
		sum)
	o := options()
	o.Recall, o.Cached = func(s, _ string) bool { return s == sum }, true
	recalled := func() error {
		pool, err := registry.Parse(t.Context(), "p.toml", []byte(text), dir, o)
		if err == nil {
			err = pool.Close()
		}
		return err
	}
	want := "p.toml:2:8: plugin \"elsewhere/nse-plain\": there is no copy of it in " + cache +
		": name the file whose sha256 is " + sum + " with --plugin, or with nse ops describe"
	if err := recalled(); err == nil || err.Error() != want {
		t.Errorf("before it was named: %v\nwant %s", err, want)
	}
	path := filepath.Join(dir, "renamed")
	if err := os.WriteFile(path, script, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := registry.Admit(path); err != nil {
		t.Fatal(err)
	}
	if err := recalled(); err != nil {
		t.Error(err)
	}
	kept := filepath.Join(cache, sum, "renamed")
	if err := errors.Join(os.Chmod(kept, 0o700), os.WriteFile(kept, append(script, '#'), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := recalled(); err == nil || err.Error() != want {
		t.Errorf("damaged: %v\nwant %s", err, want)
	}
}
