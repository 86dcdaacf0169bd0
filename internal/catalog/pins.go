package catalog

import (
	"fmt"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/registry/poolfile"
)

// AcceptedText says what registry.Lock will accept, a line each.
func AcceptedText(plugins []registry.Pin, folders []string) (lines string) {
	for _, p := range plugins {
		lines += fmt.Sprintf("accepts %s, which is started: sha256 %s\n", text.Printable(p.Name), p.SHA256)
	}
	for _, dir := range folders {
		lines += fmt.Sprintf("accepts what comes into %s\n", text.Printable(dir))
	}
	return lines
}

// PinRows is a table of what registry.Lock has pinned, for text.Table.
func PinRows(changes []registry.Change) []string {
	rows := []string{"plugin\tversion\tsha256"}
	for _, x := range changes {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s", text.Printable(x.Name),
			changed(x, func(p registry.Pin) string { return poolfile.VersionText(p.Version) }),
			changed(x, func(p registry.Pin) string { return p.SHA256[:12] })))
	}
	return rows
}

// changed is a field of a plugin's pin, before and after where they differ.
func changed(x registry.Change, field func(registry.Pin) string) string {
	switch after := field(x.Pin); {
	case x.Before == nil:
		return "new → " + after
	case field(*x.Before) != after:
		return field(*x.Before) + " → " + after
	default:
		return after
	}
}
