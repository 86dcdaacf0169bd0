//go:build !linux

package main

// serveFaulty is for the tests of containment, which need Linux.
func serveFaulty(mode, dir string) { panic(mode + dir) }
