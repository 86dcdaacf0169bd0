package sdk_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nse-dev/nse/sdk"
)

// box has an attribute of each type.
func box() sdk.Op {
	return sdk.Op{Name: "box", Attrs: []sdk.Attr{
		{Name: "size", Short: "s", Doc: "of a side", Default: 1, Required: true},
		{Name: "pair", Short: "p", Default: []int{1, 1}},
		{Name: "rate", Short: "r", Default: 0.5},
		{Name: "flat", Short: "f", Default: false},
		{Name: "mode", Short: "m", Default: "sum"},
	}}
}

func TestMemberNames(t *testing.T) {
	for want, attrs := range map[string]sdk.Attrs{
		"box-s1":                       {"size": 1},
		"box-s-2":                      {"size": -2, "pair": []int{1, 1}, "rate": 0.5, "flat": false, "mode": "sum"},
		"box-s3-p4.5-r0.25-ftrue-mmax": {"size": 3, "pair": []int{4, 5}, "rate": 0.25, "flat": true, "mode": "max"},
		"box-s3-r2":                    {"size": 3, "rate": 2},
		"box-s3-p1":                    {"size": 3, "pair": []int{1}},
	} {
		full, err := box().Complete(attrs)
		if err != nil {
			t.Fatal(err)
		}
		if got := box().Member(full); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestWrongAttrs(t *testing.T) {
	for _, test := range []struct {
		want  string
		attrs sdk.Attrs
	}{
		{`box needs the attribute "size" (of a side)`, sdk.Attrs{}},
		{`box: attribute "size" is a whole number, not a number`, sdk.Attrs{"size": 1.5}},
		{`box: attribute "pair" is a list of whole numbers, not a whole number`, sdk.Attrs{"size": 1, "pair": 2}},
		{`box: attribute "rate" is a number, not a text`, sdk.Attrs{"size": 1, "rate": "2"}},
		{`box: attribute "flat" is a switch (true or false), not a whole number`, sdk.Attrs{"size": 1, "flat": 0}},
		{`box: attribute "mode" is a text, not a []string`, sdk.Attrs{"size": 1, "mode": []string{"a"}}},
		{`box: attribute "rate": NaN is not a finite number`, sdk.Attrs{"size": 1, "rate": math.NaN()}},
		{`box: attribute "rate": -Inf is not a finite number`, sdk.Attrs{"size": 1, "rate": math.Inf(-1)}},
		{`box: attribute "mode": "" is not 1 to 64 letters, digits, dots and underscores`,
			sdk.Attrs{"size": 1, "mode": ""}},
		{`box: attribute "mode": "a/b" is not 1 to 64 letters, digits, dots and underscores`,
			sdk.Attrs{"size": 1, "mode": "a/b"}},
		{`box: attribute "pair": a list of 65 numbers is longer than 64`,
			sdk.Attrs{"size": 1, "pair": make([]int, 65)}},
		{`box has no attribute "Size": it has size, pair, rate, flat, mode`,
			sdk.Attrs{"size": 1, "Size": 2, "zize": 3}},
	} {
		if _, err := box().Complete(test.attrs); fmt.Sprint(err) != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
	if _, err := (sdk.Op{Name: "bare"}).Complete(sdk.Attrs{"x": 1}); fmt.Sprint(err) !=
		`bare has no attribute "x": it has none` {
		t.Error(err)
	}
}

func TestReadingAnUndeclaredAttribute(t *testing.T) {
	defer func() {
		const want = `sdk: attribute "size" is int, not string: declare it in Op.Attrs`
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}()
	sdk.Attrs{"size": 1}.Text("size")
}

func TestValidate(t *testing.T) {
	ok := sdk.Attr{Name: "a", Short: "a", Default: 1}
	name := `a name is 1 to 64 lower-case letters, digits and %s, and starts with a letter`
	for _, test := range []struct {
		want string
		op   sdk.Op
	}{
		{`family "": ` + fmt.Sprintf(name, "dashes"), sdk.Op{}},
		{`family "3x3": ` + fmt.Sprintf(name, "dashes"), sdk.Op{Name: "3x3"}},
		{`family "a_b": ` + fmt.Sprintf(name, "dashes"), sdk.Op{Name: "a_b"}},
		{`family x: attribute "A": ` + fmt.Sprintf(name, "underscores"),
			sdk.Op{Name: "x", Attrs: []sdk.Attr{{Name: "A"}}}},
		{`family x: attribute "name": ops.toml uses this key for the family`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{{Name: "name"}}}},
		{`family x: attribute "a": short name "a1" is not 1 to 64 lower-case letters`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{{Name: "a", Short: "a1"}}}},
		{`family x: attribute "a": default is a <nil>, not an int, []int, float64, bool or string`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{{Name: "a", Short: "a"}}}},
		{`family x: attribute "a": default: "a b" is not 1 to 64 letters, digits, dots and underscores`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{{Name: "a", Short: "a", Default: "a b"}}}},
		{`family x: attribute "a" (short "b") is declared twice`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{ok, {Name: "a", Short: "b", Default: 1}}}},
		{`family x: attribute "b" (short "a") is declared twice`,
			sdk.Op{Name: "x", Attrs: []sdk.Attr{ok, {Name: "b", Short: "a", Default: 1}}}},
		{`<nil>`, box()},
	} {
		if err := test.op.Validate(); fmt.Sprint(err) != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestLayer(t *testing.T) {
	l := sdk.Layer{Index: 2, In: 3, Out: 4, Stride: 2, Height: 7, Width: 8}
	if got := l.Output(); got != (sdk.Shape{Height: 4, Width: 4, Channels: 4}) {
		t.Error(got)
	}
	if l.Normal() || !(sdk.Layer{In: 4, Out: 4, Stride: 1}).Normal() || (sdk.Layer{In: 4, Out: 5, Stride: 1}).Normal() {
		t.Error("a layer is normal if it keeps channels and resolution")
	}
	for _, test := range []struct {
		want  string
		wrong sdk.Layer
	}{
		{"layer 0: channels 0→4 are not in 1..65536", sdk.Layer{Out: 4, Stride: 1, Height: 1, Width: 1}},
		{"layer 0: size 1×65537 is not in 1..65536", sdk.Layer{In: 1, Out: 4, Stride: 1, Height: 1, Width: 65537}},
		{"layer 5: stride 0 is not in 1..8", sdk.Layer{Index: 5, In: 1, Out: 4, Height: 1, Width: 1}},
		{"layer 6: unknown activation Activation(8)",
			sdk.Layer{Index: 6, In: 1, Out: 4, Stride: 1, Height: 1, Width: 1, Activation: 8}},
	} {
		if err := test.wrong.Validate(); fmt.Sprint(err) != test.want {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestActivationText(t *testing.T) {
	for _, want := range []string{"relu", "swish", "hswish", "sigmoid", "gelu", "gelu_tanh", "relu6", "hard_sigmoid"} {
		var a sdk.Activation
		if err := a.UnmarshalText([]byte(want)); err != nil || a.String() != want {
			t.Errorf("%s: %v, %v", want, a, err)
		}
	}
	var a sdk.Activation
	if err := a.UnmarshalText([]byte("ReLU")); fmt.Sprint(err) !=
		`unknown activation "ReLU": want relu, swish, hswish, sigmoid, gelu, gelu_tanh, relu6 or hard_sigmoid` {
		t.Error(err)
	}
}

// Complete either refuses a value or gives a name that is safe in file names, tables and weight files.
func TestNamesAreSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full, err := box().Complete(sdk.Attrs{
			"size": rapid.Int().Draw(t, "size"), "pair": rapid.SliceOf(rapid.Int()).Draw(t, "pair"),
			"rate": rapid.Float64().Draw(t, "rate"), "flat": rapid.Bool().Draw(t, "flat"),
			"mode": rapid.String().Draw(t, "mode"),
		})
		if err != nil {
			return
		}
		if name := box().Member(full); strings.ContainsFunc(name, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+", r)
		}) {
			t.Fatal(name)
		}
	})
}

// No text is taken for a family's or an attribute's name that could not stand in ops.toml without quotes.
func FuzzValidate(f *testing.F) {
	f.Add("mbconv", "kernel", "k", "x")
	f.Add("a\x00", "\xff", "", "..")
	f.Fuzz(func(t *testing.T, family, name, short, text string) {
		op := sdk.Op{Name: family, Attrs: []sdk.Attr{{Name: name, Short: short, Default: text}}}
		err := op.Validate()
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("more than one line: %q", err)
		}
		if bad := strings.ContainsFunc(family+name+short+text,
			func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '/' }); bad && err == nil {
			t.Fatalf("%q %q %q %q is accepted", family, name, short, text)
		}
	})
}
