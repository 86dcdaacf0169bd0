// Package oneline makes texts from outside fit for a line of a message.
package oneline

import (
	"strings"
	"unicode"
)

// Clean is a text without control characters, with single spaces between its words. After 300 characters it is cut, and
// ends with an ellipsis.
func Clean(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	clean = strings.Join(strings.Fields(clean), " ")
	if runes := []rune(clean); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return clean
}
