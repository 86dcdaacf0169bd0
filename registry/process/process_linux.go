package process

import (
	"os/exec"
	"syscall"
)

// isolate puts the process into a group of its own, out of reach of the terminal's Ctrl-C, and has the kernel kill it
// when the thread that started it dies.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup kills the process's group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
