package fetch

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/nse-dev/nse/examples"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry/poolfile"
)

// IndexVariable is the environment variable that names the index to search, a file or a URL of https.
const IndexVariable = "NSE_INDEX"

// Hit is a plugin of an index, with the commands that get it on this platform.
type Hit struct {
	poolfile.Offer
	Commands []string `json:"commands"`
}

// indexAt is the text of an index: of a file, or of a URL of https.
func indexAt(ctx context.Context, at string) (string, error) {
	scheme, rest, isURL := strings.Cut(at, "://")
	switch {
	case !isURL:
		read, err := poolfile.Read(at)
		return string(read), err
	case scheme != "https" && (scheme != "http" || !loopback(rest)):
		return "", fmt.Errorf("%s: want a file, or a URL of https", at)
	}
	var read bytes.Buffer
	err := get(ctx, at, poolfile.MaxText, &read)
	return read.String(), err
}

// Search lists the plugins of an index that have all words, in the order of the index. Words are looked for in names,
// summaries, families, licences, years and papers, whatever their case. Without words all plugins are listed.
//
// The index is a file or a URL of https. An empty one is that of IndexVariable, or else the sample that ships. Errors
// about it start with its name, the line and the column.
func Search(ctx context.Context, index string, words []string) (hits []Hit, err error) {
	f := poolfile.File{Name: "examples/plugins/index.toml", Text: examples.Index}
	if at := cmp.Or(index, os.Getenv(IndexVariable)); at != "" {
		f.Name = at
		if f.Text, err = indexAt(ctx, at); err != nil {
			return nil, err
		}
	}
	offers, err := f.Index()
	if err != nil {
		return nil, err
	}
	hits = []Hit{}
	for _, o := range offers {
		if !has(o, words) {
			continue
		}
		h := Hit{Offer: o, Commands: []string{}}
		for _, source := range o.Sources(platform) {
			for i, word := range source {
				if !strings.HasPrefix(word, "--") {
					source[i] = text.Shell(word)
				}
			}
			h.Commands = append(h.Commands, "nse ops get "+strings.Join(source, " "))
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// has reports whether all words are somewhere in what people read of an offer.
func has(o poolfile.Offer, words []string) bool {
	all := strings.ToLower(strings.Join(append([]string{o.Name, o.Summary, o.Licence, o.Paper, fmt.Sprint(o.Since)},
		o.Families...), "\n"))
	for _, w := range words {
		if !strings.Contains(all, strings.ToLower(w)) {
			return false
		}
	}
	return true
}

// HitsText lists hits for people: a paragraph each, which ends with the commands.
func HitsText(hits []Hit) string {
	var b strings.Builder
	for i, h := range hits {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s: %s\n  %s, %s", text.Printable(h.Name), text.Clean(h.Summary),
			strings.Join(h.Families, " "), text.Clean(h.Licence))
		if h.Since > 0 {
			fmt.Fprintf(&b, ", %d", h.Since)
		}
		if h.Paper != "" {
			fmt.Fprintf(&b, ", %s", text.Clean(h.Paper))
		}
		b.WriteString("\n")
		for _, c := range h.Commands {
			fmt.Fprintf(&b, "  %s\n", c)
		}
		if len(h.Commands) == 0 {
			fmt.Fprintf(&b, "  there is none for %s\n", platform)
		}
	}
	if len(hits) == 0 {
		b.WriteString("no plugin of the index has these words\n")
	}
	return b.String()
}
