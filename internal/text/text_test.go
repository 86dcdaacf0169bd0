package text

import (
	"fmt"
	"math"
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
