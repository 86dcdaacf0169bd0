package process

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// start launches a file as a plugin, and returns the error.
func start(t *testing.T, path string) error {
	t.Helper()
	o := Options{StartTimeout: time.Minute, CallTimeout: time.Minute, Log: slog.New(slog.DiscardHandler)}
	h, err := Launch(t.Context(), o, "own", []string{path}, nil)
	if err == nil {
		h.Close()
		t.Fatalf("%s was started", path)
	}
	return err
}

// elfFor is the head of an ELF file of 64 bits for a machine, and nothing of a program.
func elfFor(machine byte) string {
	return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00" + string([]byte{machine, 0}) +
		"\x01\x00\x00\x00" + strings.Repeat("\x00", 4000)
}

func TestWhatCannotBeStartedSaysWhy(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the foreign program is one for arm64")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	windows := func(interpreter string) string {
		return fmt.Sprintf("its first line ends as on Windows (CR LF), and no interpreter is called %q: save it with "+
			"line ends of Unix (LF)", interpreter)
	}
	for _, c := range []struct{ text, want string }{
		{"#!/bin/sh\r\nexit\r\n", windows("/bin/sh\r")},
		{"#!/usr/bin/env sh\r\nexit\r\n", windows("/usr/bin/env sh\r")},
		{"#!/opt/python9 -u\nprint(1)\n",
			"its interpreter /opt/python9, which the first line names, is not there"},
		{"#! " + dir + "\n", "its interpreter " + dir + ", which the first line names, is a folder"},
		{"#!" + plain + "\n", "its interpreter " + plain + ", which the first line names, may not be executed"},
		{"#!\n", "its first line names no interpreter after #!"},
		{"print(1)\n", "it is a script whose first line does not name its interpreter, such as #!/usr/bin/env python3"},
		{"\xef\xbb\xbf#!/bin/sh\n", "a byte order mark stands before #!: save it as UTF-8 without one"},
		{"", "the file is empty"},
		{elfFor(183), "it is a program for another system or processor, arm64, and this machine is linux/amd64"},
		{"MZ\x90\x00\x03\x00", "it is a program for Windows, and this machine is linux/amd64"},
		{"\xcf\xfa\xed\xfe\x07\x00\x00\x01", "it is a program for macOS, and this machine is linux/amd64"},
	} {
		path := filepath.Join(dir, "plugin")
		if err := os.WriteFile(path, []byte(c.text), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := start(t, path); err.Error() != `plugin "own" cannot be started: `+c.want {
			t.Errorf("%.30q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// An interpreter that env does not find is named by env.
func TestInterpreterThatEnvDoesNotFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugin")
	if err := os.WriteFile(path, []byte("#!/usr/bin/env python9\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	err := start(t, path)
	if !strings.HasPrefix(err.Error(), `plugin "own" exited at once: exit status 127, `) ||
		!strings.Contains(err.Error(), "python9") {
		t.Error(err)
	}
}

// A copy that lies on a file system mounted noexec needs another folder. To mount one takes the rights of root.
func TestFileSystemThatExecutesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_NOEXEC, ""); err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(dir, "plugin")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	want := `plugin "own" cannot be started: ` + dir + " is on a file system that executes nothing (mounted noexec): " +
		"NSE_CACHE names another folder for copies of plugins"
	if err := start(t, path); err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
