package auto

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nse-dev/nse/internal/jsontext"
)

func (r record) encode() ([]byte, error) {
	b, err := json.MarshalIndent(r, "", " ")
	return append(b, '\n'), err
}

func (r *record) decode(path string, kept []byte) error { return jsontext.Decode(path, kept, r) }

// differs says what of a request was another one before, as flags. It is empty if all is the same.
func (was Ask) differs(now Ask) string {
	var list []string
	add := func(flag string, same bool, before any) {
		if !same {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %v", flag, before)))
		}
	}
	add("data set", was.Spec == now.Spec, was.Spec)
	add("--size", was.Size == now.Size, was.Size)
	add("--skip-unreadable", was.SkipUnreadable == now.SkipUnreadable, was.SkipUnreadable)
	add("--pool", was.Pool == now.Pool, was.Pool)
	add("--budget", was.MACs == now.MACs, was.MACs)
	add("--latency", was.Latency == now.Latency, was.Latency)
	add("--within", was.Within == now.Within, was.Within)
	add("--seed", was.Seed == now.Seed, was.Seed)
	return strings.Join(list, ", ")
}
