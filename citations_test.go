package nse_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const method = "docs/algorithm.md"

// citation finds what a comment cites of the method: "section 5", "(3.2, 3.3.1)", "A.3", "appendix B", "eq. 5 and 8".
// The last two groups are equations, the others are sections.
var citation = regexp.MustCompile(
	`\bsection ([1-9](?:\.[0-9])*)|[(,] ?([34]\.[1-4](?:\.[1-4])?)\b|\b(A\.[0-9]|appendix [A-Z])\b|` +
		`\beq\. ([0-9]+)(?: and ([0-9]+))?`)

// TestCommentsCiteTheMethod looks up every section and equation that a comment cites. Sections stand in headings,
// equations at the end of a line.
func TestCommentsCiteTheMethod(t *testing.T) {
	text, err := os.ReadFile(method)
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			headings = append(headings, strings.TrimSpace(line))
		}
	}
	cited := map[string]bool{}
	for _, path := range sources(t) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, comment := range file.Comments {
			for _, name := range citations(comment) {
				cited[name] = true
				if !stands(name, headings, string(text)) {
					t.Errorf("%s cites %s, which %s has not", path, name, method)
				}
			}
		}
	}
	if len(cited) < 10 {
		t.Errorf("only %d sections and equations are cited: %v", len(cited), cited)
	}
}

// sources lists the Go files of the module.
func sources(t *testing.T) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && path != "citations_test.go" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// citations lists what a comment cites: sections as they are, equations as "(7)".
func citations(c *ast.CommentGroup) (names []string) {
	for _, groups := range citation.FindAllStringSubmatch(strings.Join(strings.Fields(c.Text()), " "), -1) {
		for i, name := range groups[1:] {
			switch {
			case name == "":
			case i < 3:
				names = append(names, name)
			default:
				names = append(names, "("+name+")")
			}
		}
	}
	return names
}

// stands reports whether the page has a section in a heading, or an equation at the end of a line.
func stands(name string, headings []string, text string) bool {
	if strings.HasPrefix(name, "(") {
		return strings.Contains(text, " "+name+"\n")
	}
	number := regexp.MustCompile(`(^#+ |\()` + regexp.QuoteMeta(name) + `[.) ]`)
	return slices.ContainsFunc(headings, number.MatchString)
}
