//go:build !amd64 || noasm

package kernel

import "testing"

// onLevels runs f with the portable loops, which are all that there is.
func onLevels(t *testing.T, f func(t *testing.T)) { t.Run("portable", f) }
