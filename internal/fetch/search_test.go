package fetch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nse-dev/nse/registry/poolfile"
)

const index = `[[plugin]]
name = "nse-fused"
summary = "Fused inverted bottlenecks."
families = ["fused", "wide"]
licence = "MIT"
since = 2021
paper = "https://arxiv.org/abs/2104.00298"
module = "example.org/you/nse-fused@v1.2.0"
oci = "example.org/you/nse-fused:1.2.0"
[[plugin.file]]
platform = "PLATFORM"
url = "https://example.org/a b"
sha256 = "SUM"

[[plugin]]
name = "nse-eca"
summary = "Attention; of channels."
families = ["eca"]
licence = "BSD-3-Clause"
[[plugin.file]]
platform = "plan9/mips"
url = "https://example.org/eca"
sha256 = "SUM"
`

func TestSearch(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	text := strings.NewReplacer("PLATFORM", platform, "SUM", sum).Replace(index)
	path := filepath.Join(t.TempDir(), "index.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	url := serving(t, map[string][]byte{"/index.toml": []byte(text)}) + "/index.toml"
	t.Setenv(IndexVariable, path)
	fused := `nse-fused: Fused inverted bottlenecks.
  fused wide, MIT, 2021, https://arxiv.org/abs/2104.00298
  nse ops get example.org/you/nse-fused@v1.2.0 --family fused --family wide
  nse ops get oci://example.org/you/nse-fused:1.2.0 --family fused --family wide
  nse ops get 'https://example.org/a b' --sha256 ` + sum + ` --family fused --family wide
`
	eca := "nse-eca: Attention; of channels.\n  eca, BSD-3-Clause\n  there is none for " + platform + "\n"
	for _, c := range []struct{ index, words, want string }{
		{path, "", fused + "\n" + eca}, {url, "FUSED 2021", fused}, {"", "attention eca", eca},
		{"", "fused attention", "no plugin of the index has these words\n"},
	} {
		hits, err := Search(t.Context(), c.index, strings.Fields(c.words))
		if got := HitsText(hits); err != nil || got != c.want {
			t.Errorf("%q: %v, got\n%s\nwant\n%s", c.words, err, got, c.want)
		}
	}
	_, err := Search(t.Context(), "http://example.org/index.toml", nil)
	if fmt.Sprint(err) != "http://example.org/index.toml: want a file, or a URL of https" {
		t.Error(err)
	}
	t.Setenv(IndexVariable, "")
	hits, err := Search(t.Context(), "", nil)
	if err != nil || len(hits) == 0 {
		t.Error("the sample:", hits, err)
	}
}

func TestIndexFaults(t *testing.T) {
	const one = "[[plugin]]\nname = \"a\"\nsummary = \"b\"\nfamilies = [\"c\"]\nlicence = \"MIT\"\n"
	file := "[[plugin.file]]\nplatform = \"a/b\"\nurl = \"ftp://a.b\"\nsha256 = \"" + strings.Repeat("0", 64) + "\""
	for text, want := range map[string]string{
		"":                     `x:1:1: no [[plugin]]: an index lists one at least`,
		"[[plugin]]\nname = a": `x:2:8: expected value but found "a" instead`,
		one:                    `x:1:1: plugin "a" cannot be got: it needs module, oci or a [[plugin.file]]`,
		one + "modul = \"x.y/z\"": `x:6:1: unknown key "modul": [[plugin]] has name, summary, families, licence, ` +
			`since, paper, module, oci, file`,
		one + "since = \"2021\"":                       `x:6:9: since is not a year, such as 2021`,
		one + "oci = 3":                                `x:6:7: oci is not a text in quotes, or is empty`,
		"[[plugin]]\nname = \"a\"":                     `x:1:1: families is not a list of names, such as ["fused"]`,
		"[[plugin]]\nfamilies=[\"c\"]":                 `x:1:1: [[plugin]] needs name, summary, families and licence`,
		"[[plugin]]\nfamilies = [\"c\", \"D\"]":        `x:2:18: families: D is not the name of a family`,
		one + "[[plugin.file]]\nurl = \"https://a.b\"": `x:6:1: [[plugin.file]] needs platform, url and sha256`,
		one + file:                               `x:8:7: url is not one of https`,
		one + "[[plugin.file]]\nsha256 = \"00\"": `x:7:10: sha256 is not 64 hexadecimal digits`,
		strings.Repeat("#\n", poolfile.MaxText):  "x:1:1: the file is longer than 262144 bytes",
	} {
		_, err := poolfile.File{Name: "x", Text: text}.Index()
		if fmt.Sprint(err) != want {
			t.Errorf("%.80s\n got %v\nwant %s", text, err, want)
		}
	}
}
