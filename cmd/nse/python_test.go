package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/nse-dev/nse/sdk/wire"
)

const pythonPlugin = "../../examples/plugin-python/ghost.py"

// python reports whether the plugin in Python can run here. Where NSE_PYTHON is set it must.
func python() (bool, error) {
	out, err := exec.Command("/usr/bin/python3", "-c", "import grpc, google.protobuf").CombinedOutput()
	if err != nil && os.Getenv("NSE_PYTHON") != "" {
		return false, fmt.Errorf("the plugin in Python cannot run: %w: %s", err, out)
	}
	return err == nil, nil
}

func TestPythonPluginEndsWithItsHost(t *testing.T) {
	if can, err := python(); err != nil {
		t.Fatal(err)
	} else if !can {
		t.Skip("/usr/bin/python3 lacks grpc or google.protobuf: apt-get install python3-grpcio python3-protobuf")
	}
	h, dir := wire.Handshake(), t.TempDir()
	cmd := exec.Command(pythonPlugin)
	cmd.Env = append(os.Environ(), h.MagicCookieKey+"="+h.MagicCookieValue, plugin.EnvUnixSocketDir+"="+dir)
	host, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if want := "1|1|unix|" + filepath.Join(dir, "socket") + "|grpc|\n"; err != nil || line != want {
		t.Errorf("handshake %q, %v, want %q", line, err, want)
	}
	if err := host.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit status 0", err)
	}
}

func TestPythonPluginStartedByHand(t *testing.T) {
	if can, err := python(); err != nil || !can {
		t.Skip("no Python") // TestPythonPluginEndsWithItsHost says more
	}
	out, err := exec.Command(pythonPlugin).CombinedOutput()
	if err == nil || !strings.HasPrefix(string(out), "ghost.py: this is a plugin for nse") ||
		strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v, %s", err, out)
	}
}
