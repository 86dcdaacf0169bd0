package registry_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
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
	root := os.Getenv("NSE_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "shared")
	}
	text, err := os.ReadFile(filepath.Join(root, "reference/ops27.json"))
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skipf("no reference material: %v (set NSE_SHARED)", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var reference struct{ Spaces map[string][]map[string]any }
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	for space, path := range map[string]string{"27": "ops.toml", "second45": "pools/second45.toml", "19": "pools/latency19.toml"} {
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

func TestPluginWithPath(t *testing.T) {
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
	missing := fmt.Sprint(parse(fmt.Sprintf(listing, "")))
	before, sum, found := strings.Cut(missing, "today it is ")
	if want := `p.toml:2:8: plugin "./nse-plain": a plugin with a path needs its checksum; `; before != want || !found {
		t.Fatalf("got %s, want %s...", missing, want)
	}
	if err := parse(fmt.Sprintf(listing, sum+"\n")); err != nil {
		t.Error(err)
	}
	err := parse(fmt.Sprintf(listing, `sha256 = "`+strings.Repeat("ab", 32)+"\"\n"))
	if want := `p.toml:2:8: plugin "./nse-plain": the binary's ` + strings.Replace(strings.ReplaceAll(sum, `"`, ""), "=", "is", 1) +
		": it is not the file that was listed"; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Chmod(filepath.Join(dir, "nse-plain"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = parse(fmt.Sprintf(listing, sum+"\n"))
	if want := `p.toml:2:8: plugin "./nse-plain" cannot be started: fork/exec ` + filepath.Join(dir, "nse-plain") + ": permission denied"; fmt.Sprint(err) != want {
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

func TestCloseLeavesNoProcess(t *testing.T) {
	pool, err := registry.Parse(t.Context(), "ops.toml", []byte(one("plain", "plain")+one("child", "child")+one("mbconv", "mbconv")+"kernel = 3\nexpand = 1\n"), ".", options())
	if err != nil {
		t.Fatal(err)
	}
	family := descendants(t, os.Getpid())
	if len(family) < 4 {
		t.Errorf("%d processes, want three plugins and a child", len(family))
	}
	start := time.Now()
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
	gone(t, family)
}

func TestKilledHostLeavesNoPlugin(t *testing.T) {
	temp := t.TempDir()
	host := exec.Command(os.Args[0], "host", "plain,shuffle")
	host.Env = append(os.Environ(), "TMPDIR="+temp)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "loaded\n" {
		t.Fatalf("%q, %v", line, err)
	}
	family := descendants(t, host.Process.Pid)
	if len(family) != 2 {
		t.Errorf("%d processes, want 2 plugins", len(family))
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	gone(t, family)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("the killed host left %v, %v", left, err)
	}
}

// descendants lists the children of a process and theirs.
func descendants(t *testing.T, pid int) (all []int) {
	for _, child := range children(t, pid) {
		all = append(append(all, child), descendants(t, child)...)
	}
	return all
}

// gone fails unless all processes end within two seconds.
func gone(t *testing.T, pids []int) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil {
			if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); strings.Contains(string(stat), ") Z ") {
				break // dead, and its new parent has not looked yet
			}
			if time.Now().After(deadline) {
				t.Fatalf("process %d is still there", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
