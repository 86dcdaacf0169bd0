// Package text writes figures, names and errors as one line of text has them.
package text

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Thousands writes a count with separators: 4570464 is 4,570,464.
func Thousands(n int64) string {
	digits := fmt.Sprint(n)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), ",")
}

// Millions is a count in millions.
func Millions(n int64) float64 { return float64(n) / 1e6 }

// Prefixed is a count, 0 or more, with three digits and the prefix of its power of 1000: 12.3 T is 12.3e12.
func Prefixed(v float64) string {
	prefixes, power := []string{"", " k", " M", " G", " T", " P", " E"}, 0
	for power < len(prefixes)-1 && v >= 999.5 {
		v, power = v/1000, power+1
	}
	return fmt.Sprintf("%.3g", v) + prefixes[power]
}

// Epochs is a number of epochs, with the word.
func Epochs(n int) string {
	if n == 1 {
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}

// Seconds is a time such as 3 min 20 s or 2 h 5 min.
func Seconds(s float64) string {
	n := int64(math.Round(s))
	switch {
	case n < 60:
		return fmt.Sprintf("%d s", n)
	case n < 3600:
		return fmt.Sprintf("%d min %d s", n/60, n%60)
	}
	return fmt.Sprintf("%d h %d min", n/3600, n%3600/60)
}

// OneLine is the text of an error without line breaks: its lines are joined by semicolons. Other control characters are
// escaped, since errors name files.
func OneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	return escape(strings.Join(lines, "; "), "")
}

// Printable is a name as a line of text can have it. A name that would break the line or steer the terminal is quoted.
func Printable(name string) string {
	if escape(name, "") != name {
		return strconv.Quote(name)
	}
	return name
}

// escape writes what is not printable as Go's literals do, such as \x1b, but for the characters to spare.
func escape(s, spare string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if valid := r != utf8.RuneError || n > 1; valid && unicode.IsPrint(r) || strings.ContainsRune(spare, r) {
			b.WriteString(s[:n])
		} else {
			quoted := strconv.Quote(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// Shell is a word of a command that a person can paste into a POSIX shell. A path that begins with a dash is written so
// that it is no flag. Control characters are written as in $'...', which bash and zsh know.
func Shell(word string) string {
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+:,@%=", r)
	}
	switch {
	case word != "" && utf8.ValidString(word) && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }):
		return word
	case escape(word, "") == word:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for _, c := range []byte(word) {
		switch {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		default: // three octal digits: a digit that follows is not taken for one of them
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return "$'" + b.String() + "'"
}

// OrDash joins parts with a separator. Without parts it is a dash.
func OrDash(parts []string, between string) string {
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, between)
}

// Log10 is the decimal logarithm of a number in digits. The number may be greater than any float64. The result is -Inf
// for 0, and NaN for a text that is no number.
func Log10(digits string) float64 {
	n, _, err := big.ParseFloat(digits, 10, 64, big.ToNearestEven)
	if err != nil {
		return math.NaN()
	}
	mantissa := new(big.Float)
	exponent := n.MantExp(mantissa)
	m, _ := mantissa.Float64()
	return math.Log10(m) + float64(exponent)*math.Log10(2)
}

// Size is a number in full, and in powers of ten where it is long.
func Size(n *big.Int) string {
	digits := n.String()
	if len(digits) <= 9 {
		return digits
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	mantissa, exponent, _ := strings.Cut(fmt.Sprintf("%.1e", f), "e+")
	return fmt.Sprintf("%s (%s·10^%s)", digits, mantissa, strings.TrimLeft(exponent, "0"))
}

// Clean is a text without control characters, with single spaces between its words. After 300 characters it is cut, and
// ends with an ellipsis.
func Clean(s string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	clean = strings.Join(strings.Fields(clean), " ")
	if runes := []rune(clean); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return clean
}
