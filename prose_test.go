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
	"unicode/utf8"
)

// The limits: columns of a line with tabs of 4, and words of a sentence in an exported doc comment.
const (
	maxColumns = 120
	maxWords   = 35
)

// unlimited lists lines of text that cannot be wrapped: rows of tables, and words that are longer than a line.
var unlimited = regexp.MustCompile(`^\s*\||^\s*\S{100,}$`)

// Lines of code, comments, pages and the scripts of .ci have at most 120 columns. Generated files are left out. In
// pages, so are tables, URLs, and quoted blocks: commands and what programs print.
func TestLinesAreShort(t *testing.T) {
	for _, path := range append(proseFiles(t, ".go", ".md"), scripts(t)...) {
		page, quoted := strings.HasSuffix(path, ".md"), false
		for i, line := range strings.Split(read(t, path), "\n") {
			if fence := strings.HasPrefix(strings.TrimSpace(line), "```"); fence {
				quoted = !quoted
			}
			if page && (quoted || strings.HasPrefix(line, "    ") || unlimited.MatchString(line)) {
				continue
			}
			if n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); n > maxColumns {
				t.Errorf("%s:%d: %d columns, want at most %d", path, i+1, n, maxColumns)
			}
		}
	}
}

// Sentences in the doc comments of packages and exported names have at most 35 words. Indented blocks are left out.
func TestSentencesAreShort(t *testing.T) {
	files := token.NewFileSet()
	for _, path := range proseFiles(t, ".go") {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, read(t, path), parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range exportedDocs(f) {
			for _, sentence := range sentences(c.Text()) {
				if n := len(strings.Fields(sentence)); n > maxWords {
					t.Errorf("%v: %d words, want at most %d: %s", files.Position(c.Pos()), n, maxWords, sentence)
				}
			}
		}
	}
}

// exportedDocs lists the comments of a file on its package, its exported declarations and their exported fields.
func exportedDocs(f *ast.File) (docs []*ast.CommentGroup) {
	add := func(exported bool, comments ...*ast.CommentGroup) {
		for _, c := range comments {
			if exported && c != nil {
				docs = append(docs, c)
			}
		}
	}
	add(true, f.Doc)
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Name.IsExported(), n.Doc)
			return false
		case *ast.GenDecl:
			add(len(n.Specs) == 1, n.Doc)
		case *ast.TypeSpec:
			add(n.Name.IsExported(), n.Doc, n.Comment)
		case *ast.ValueSpec:
			add(n.Names[0].IsExported(), n.Doc, n.Comment)
		case *ast.Field:
			add(len(n.Names) > 0 && n.Names[0].IsExported(), n.Doc, n.Comment)
		}
		return true
	})
	return docs
}

// end is where a sentence ends: a mark, and a blank before what can begin the next one.
var end = regexp.MustCompile("[.!?]\\s+(?:[A-Z0-9`\\[\"])")

// sentences cuts a comment at its paragraphs and sentences.
func sentences(text string) (list []string) {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var lines []string
		for line := range strings.Lines(paragraph) {
			if !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, " ") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		rest := strings.Join(lines, " ")
		for at := end.FindStringIndex(rest); at != nil; at = end.FindStringIndex(rest) {
			list, rest = append(list, rest[:at[0]+1]), rest[at[1]-1:]
		}
		list = append(list, rest)
	}
	return list
}

// proseFiles lists the files of the repository with one of the endings, without those that a program has written.
func proseFiles(t *testing.T, endings ...string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if slices.Contains(endings, filepath.Ext(path)) && !generated.MatchString(read(t, path)) {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files with %v: %v", endings, err)
	}
	return paths
}

// scripts lists the scripts of .ci.
func scripts(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(".ci/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts in .ci: %v", err)
	}
	return paths
}

// generated is the line by which a program marks a file of Go that it has written.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
