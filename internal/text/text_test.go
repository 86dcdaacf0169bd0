package text

import (
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"
)

func TestLog10(t *testing.T) {
	for digits, want := range map[string]float64{"1": 0, "1000": 3, "5": math.Log10(5),
		"12" + strings.Repeat("0", 500): 501 + math.Log10(1.2)} {
		if got := Log10(digits); math.Abs(got-want) > 1e-9 {
			t.Errorf("Log10(%s) = %v, want %v", digits, got, want)
		}
	}
}

func TestCountsAndTimes(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 12: "12", 999.4: "999", 999.6: "1 k", 12345: "12.3 k",
		1.2e6: "1.2 M", 12.34e12: "12.3 T", 9.999e14: "1 P", 5e21: "5e+03 E"} {
		if got := Prefixed(v); got != want {
			t.Errorf("%v became %q, want %q", v, got, want)
		}
	}
	for s, want := range map[float64]string{0.4: "0 s", 59.6: "1 min 0 s", 200: "3 min 20 s", 7500: "2 h 5 min"} {
		if got := Seconds(s); got != want {
			t.Errorf("%v s became %q, want %q", s, got, want)
		}
	}
}

func TestTables(t *testing.T) {
	var b strings.Builder
	rows := []string{"layer\toperations\tMACs",
		"1\t" + Layers([][]string{{"a", "b"}, {}, {"c"}}) + "\t" + Span(7, 4570464), "2\t-\t" + Span(12000, 12000)}
	if err := Table(&b, rows); err != nil {
		t.Fatal(err)
	}
	want := "layer  operations   MACs\n1      a+b | - | c  7–4,570,464\n2      -            12,000\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
	if got := Percent(0.98765); got != "98.77 %" {
		t.Errorf("98.765 %% became %s", got)
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"  a\tb\r\n\x1b[31mc\u2028d ": "a b [31mc d",
		strings.Repeat("ä", 300):      strings.Repeat("ä", 300),
		strings.Repeat("ä", 301):      strings.Repeat("ä", 300) + "…",
		"bad \xff byte":               "bad \ufffd byte",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestNamesAreSafeToPrint(t *testing.T) {
	for name, want := range map[string]string{
		"plain é 猫": "plain é 猫", "a\tb": `a\tb`, "\x1b[31mred": `\x1b[31mred`, "not \xff UTF-8": `not \xff UTF-8`,
		"\u202eback": `\u202eback`, "two\r\nlines": "two; lines",
	} {
		if got := OneLine(errors.New(name)); got != want {
			t.Errorf("%q became %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"a b": "a b", "a\tb": `"a\tb"`, "\xff": `"\xff"`} {
		if got := Printable(name); got != want {
			t.Errorf("%q became %s, want %s", name, got, want)
		}
	}
	var b strings.Builder
	if err := Table(&b, []string{"a\tb", "\x1b]0;title\a\tc"}); err != nil || b.String() != "a               b\n"+
		`\x1b]0;title\a  c`+"\n" {
		t.Errorf("got\n%q, %v", &b, err)
	}
}

func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"runs/001": "runs/001", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "~": "'~'",
		"-dash": "./-dash", "über": "über", "a;b": "'a;b'", "tab\there": `$'tab\011here'`, "\x1b'5\\": `$'\033\'5\\'`,
		"\xff": `$'\377'`,
	} {
		if got := Shell(word); got != want {
			t.Errorf("%q became %s, want %s", word, got, want)
		}
	}
}

// The shell reads a quoted word as what it was.
func TestShellReadsItBack(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash here")
	}
	words := []string{"a b", "it's", "a\nb", "$(id)", "`id`", "\x01\x7f9", "é\t", "!x", "a\\b", "*", "#", "\xff\xfe7",
		"\"", "{a,b}"}
	line := "printf '%s\\0'"
	for _, w := range words {
		line += " " + Shell(w)
	}
	out, err := exec.Command(bash, "-c", line).Output()
	if want := strings.Join(words, "\x00") + "\x00"; err != nil || string(out) != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}

func TestNear(t *testing.T) {
	names := []string{"mbconv-k5-e1", "ssc-k5-e1", "mbconv-k3-e1", "mbconv-k3-e6", "zeros"}
	for word, want := range map[string]string{
		"mbconv-k3-e7": "[mbconv-k3-e1 mbconv-k3-e6 mbconv-k5-e1]",
		"zero":         "[zeros]",
		"unlike":       "[]",
		"":             "[]",
	} {
		if got := fmt.Sprint(Near(word, names)); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
