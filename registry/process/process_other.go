//go:build !unix

package process

import "os/exec"

// isolate does nothing: the end of standard input tells the plugin when the host is gone.
func isolate(*exec.Cmd) {}

// killGroup does nothing: there are no process groups.
func killGroup(*exec.Cmd) {}

// guard does nothing: there are no process groups.
func guard(int, string) (end func()) { return func() {} }
