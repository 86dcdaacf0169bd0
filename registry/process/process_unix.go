//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
)

// isolate puts the process into a group of its own, out of reach of the terminal's Ctrl-C.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process's group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
