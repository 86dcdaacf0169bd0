//go:build unix

package registry_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

func TestCloseLeavesNoProcess(t *testing.T) {
	pool, err := registry.Parse(t.Context(), "ops.toml",
		[]byte(one("plain", "plain")+one("child", "child")+one("mbconv", "mbconv")+"kernel = 3\nexpand = 1\n"),
		".", options())
	if err != nil {
		t.Fatal(err)
	}
	family := descendants(t, os.Getpid())
	if len(family) != 7 {
		t.Errorf("%d processes, want three plugins, their guards and a child", len(family))
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

// A plugin that serves nothing of go-plugin's ends by itself, without having to be killed.
func TestBarePlugin(t *testing.T) {
	pool, err := registry.Parse(t.Context(), "ops.toml", []byte(one("bare", "bare")), ".", options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Ops[0].Graph(t.Context(), sdk.Layer{In: 3, Out: 3, Stride: 1, Height: 4, Width: 4}); err != nil {
		t.Error(err)
	}
	_ = os.Remove(leftInOrder)
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(leftInOrder); err != nil {
		t.Errorf("it did not end by itself: %v", err)
	}
}

// The stubborn plugin does not look at its standard input, and the child of another does not know of a host. Each
// plugin has a guard.
func TestKilledHostLeavesNoPlugin(t *testing.T) {
	names := []string{"plain", "shuffle", "stubborn", "child"}
	temp := t.TempDir()
	host := exec.Command(os.Args[0], "host", strings.Join(names, ","))
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
	if len(family) != 2*len(names)+1 {
		t.Errorf("%d processes, want those of %v, a child and the guards", len(family), names)
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

// The deaf plugin has its socket and does not describe itself.
func TestHostKilledDuringStartLeavesNoSocket(t *testing.T) {
	temp := t.TempDir()
	host := exec.Command(os.Args[0], "host", "deaf")
	host.Env = append(os.Environ(), "TMPDIR="+temp)
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	await := func(pattern string, n int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			found, err := filepath.Glob(filepath.Join(temp, pattern))
			if err == nil && len(found) == n {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s: %v, %v, want %d", pattern, found, err, n)
			}
		}
	}
	await("*/*", 1)
	family := descendants(t, host.Process.Pid)
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	gone(t, family)
	await("*", 0)
}

func TestStoppedPlugin(t *testing.T) {
	o := options()
	o.CallTimeout = 2 * time.Second
	pool, err := registry.Parse(t.Context(), "ops.toml", []byte(one("plain", "plain")), ".", o)
	if err != nil {
		t.Fatal(err)
	}
	family := children(t, os.Getpid())
	for _, pid := range family {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		for !strings.Contains(stat(pid), ") T ") { // the signal takes its time
			time.Sleep(time.Millisecond)
		}
	}
	_, err = pool.Ops[0].Graph(t.Context(), sdk.Layer{In: 3, Out: 5, Stride: 1, Height: 4, Width: 4})
	if want := `ops.toml:3:1: plugin "plain" did not answer Build of plain within 2s`; fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	start := time.Now()
	if err := pool.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
	gone(t, family)
}

func TestConcurrentCallsAndSharedProcess(t *testing.T) {
	pool, err := load(t, one("mbconv", "mbconv")+"kernel = 3\nexpand = [1, 2]\n"+
		one("ssc", "ssc")+"kernel = 5\nexpand = 1\n"+one("mbconv", "mbconv")+"kernel = 3\nexpand = 3\n")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(children(t, os.Getpid())); n != 4 {
		t.Errorf("%d processes for two plugins and their guards", n)
	}
	var calls conc.WaitGroup
	for i := range 64 {
		calls.Go(func() {
			op := pool.Ops[i%4]
			g, err := op.Graph(t.Context(), sdk.Layer{In: 8 + i, Out: 8, Stride: 1, Height: 4, Width: 4})
			if err != nil || g.In.Channels != 8+i || (op.Family == "ssc") != (len(g.Nodes) == 11) {
				t.Errorf("%s: %v, %v", op.Name, g, err)
			}
		})
	}
	calls.Wait()
}

func TestPluginThatDiesLater(t *testing.T) {
	pool, err := load(t, one("plain", "plain"))
	if err != nil {
		t.Fatal(err)
	}
	layer := sdk.Layer{In: 3, Out: 5, Stride: 1, Height: 4, Width: 4}
	if _, err := pool.Ops[0].Graph(t.Context(), layer); err != nil {
		t.Fatal(err)
	}
	for _, pid := range children(t, os.Getpid()) {
		p, _ := os.FindProcess(pid)
		if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) { // a guard ends with its plugin
			t.Fatal(err)
		}
	}
	_, err = pool.Ops[0].Graph(t.Context(), layer)
	want := `ops.toml:3:1: plugin "plain" exited before Build of plain was answered: signal: killed`
	if fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// descendants lists the children of a process and theirs.
func descendants(t *testing.T, pid int) (all []int) {
	for _, child := range children(t, pid) {
		all = append(append(all, child), descendants(t, child)...)
	}
	return all
}

// stat is what the kernel tells of a process, with its state behind the name.
func stat(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return string(text)
}

// gone fails unless all processes end within two seconds.
func gone(t *testing.T, pids []int) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil {
			if strings.Contains(stat(pid), ") Z ") {
				break // dead, and its new parent has not looked yet
			}
			if time.Now().After(deadline) {
				t.Fatalf("process %d is still there", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// children lists the processes whose parent is pid. It needs /proc.
func children(t *testing.T, pid int) (list []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		t.Skip("no /proc on this system")
	}
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) && fields[0] != "Z" {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			list = append(list, child)
		}
	}
	return list
}
