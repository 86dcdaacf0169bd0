package poolfile

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/BurntSushi/toml"

	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/sdk"
)

// Listing is the text of a pool file with each family of a plugin once, with the default values of its attributes.
// Parse accepts it. sha256 pins the plugin in the text itself.
func Listing(path, sha256 string, families []sdk.Op) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "[[plugin]]\npath = %s\nsha256 = %q\n", quoted(path), sha256)
	listEach(&b, families)
	return []byte(b.String())
}

// WithOps is the text of a pool file in which every operation is listed as a built-in plugin. An operation that the
// text does not name by builtin = "NAME" is appended, with the default values of its attributes. A text that is not
// TOML stays as it is, for Parse to say what is wrong. An empty text becomes the pool of these operations.
func WithOps(text []byte, ops ...sdk.Op) []byte {
	var doc struct {
		Plugin []struct{ Builtin string }
	}
	f := File{"", string(text)}
	if f.bounded() != nil {
		return text
	}
	if _, err := toml.Decode(f.Text, &doc); err != nil {
		return text
	}
	b := bytes.NewBuffer(slices.Clone(text))
	for _, op := range ops {
		if slices.ContainsFunc(doc.Plugin, func(p struct{ Builtin string }) bool { return p.Builtin == op.Name }) {
			continue
		}
		fmt.Fprintf(b, "\n[[plugin]]\nbuiltin = %s\n", quoted(op.Name))
		listEach(b, []sdk.Op{op})
	}
	return b.Bytes()
}

// listEach writes a table [[plugin.op]] for each family, with the default values of its attributes.
func listEach(b io.Writer, families []sdk.Op) {
	for _, op := range families {
		fmt.Fprintf(b, "\n[[plugin.op]] # %s\nname = %q\n", text.Clean(op.Doc), op.Name)
		for _, a := range op.Attrs {
			fmt.Fprintf(b, "%s = %s # %s\n", a.Name, value(a), text.Clean(a.Doc))
		}
	}
}

// value is an attribute's default in TOML. A number that is whole gets a ".0", so that it is read as a number again.
func value(a sdk.Attr) string {
	switch v := a.Default.(type) {
	case []int:
		return strings.Join(strings.Fields(fmt.Sprint(v)), ", ")
	case string:
		return quoted(v)
	case float64:
		text := fmt.Sprint(v)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return text
	}
	return fmt.Sprint(a.Default)
}

// quoted is a text in quotes of TOML, which knows fewer escapes than Go.
func quoted(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == '\'' || unicode.IsControl(r) }) {
		return "'" + text + "'"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return `"` + b.String() + `"`
}
