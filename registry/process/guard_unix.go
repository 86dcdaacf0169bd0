//go:build unix

package process

import (
	"os/exec"
	"strconv"
	"syscall"
)

// guard kills a process's group when this program is gone, however it ends. A plugin that does not look at its standard
// input may not notice that, and its children never do. The guard then removes the folder for the plugin's socket,
// which is there until the plugin has described itself. It does so twice if a dying process still puts something into
// it.
//
// The guard is a shell that waits for the end of a pipe, whose other end this program alone has. On a system without
// /bin/sh nothing is guarded. The returned function ends the guard.
func guard(pid int, sockets string) (end func()) {
	shell := exec.Command("/bin/sh", "-c",
		`read -r _; kill -s KILL -- "-$0"; rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }`, strconv.Itoa(pid), sockets)
	shell.Env, shell.Dir = []string{}, "/"
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	_, err := shell.StdinPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		return func() {}
	}
	return func() { // it dies before Wait ends the pipe, and kills nobody
		_ = shell.Process.Kill()
		_ = shell.Wait()
	}
}
