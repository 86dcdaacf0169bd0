package evolve

import (
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every function in the package's table of the paper exists, and its comment names the equation or section.
func TestTheTableOfThePaperHolds(t *testing.T) {
	comments := map[string]string{}
	maps.Copy(comments, declared(t, ".", ""))
	maps.Copy(comments, declared(t, "space", "space."))
	maps.Copy(comments, declared(t, "fitness", "fitness."))
	maps.Copy(comments, declared(t, "../supernet", "supernet."))
	maps.Copy(comments, declared(t, "../pareto", "pareto."))
	rows := tableOf(t, "doc.go")
	equations := map[string]bool{}
	for _, row := range rows {
		columns := regexp.MustCompile(`\s{2,}`).Split(row, -1)
		if len(columns) != 3 {
			t.Fatalf("row %q: want a number, what it is and functions", row)
		}
		number, equation := strings.CutPrefix(columns[0], "eq. ")
		if equation {
			equations[number] = true
		}
		cited := regexp.MustCompile(`\b` + regexp.QuoteMeta(number) + `\b`)
		if equation {
			cited = regexp.MustCompile(`eq\. ([1-9](,| and) )*` + number + `\b`)
		}
		for _, name := range strings.Split(columns[2], ", ") {
			text, found := comments[name]
			if !found {
				t.Errorf("%s: there is no %s", columns[0], name)
			} else if !cited.MatchString(strings.Join(strings.Fields(text), " ")) {
				t.Errorf("the comment of %s does not name %s", name, columns[0])
			}
		}
	}
	if got := slices.Sorted(maps.Keys(equations)); strings.Join(got, "") != "123456789" {
		t.Errorf("equations %v are in the table, want 1 to 9", got)
	}
}

// tableOf lists the rows of the code blocks of a file's package comment.
func tableOf(t *testing.T, path string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
		if code, ok := block.(*comment.Code); ok {
			for row := range strings.Lines(code.Text) {
				if row = strings.TrimSpace(row); row != "" {
					rows = append(rows, row)
				}
			}
		}
	}
	return rows
}

// declared returns the comments of a folder's functions, methods (as Type.Method) and types, by their names with a
// prefix.
func declared(t *testing.T, dir, prefix string) map[string]string {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				comments[prefix+receiver(d)+d.Name.Name] = d.Doc.Text()
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s, ok := spec.(*ast.TypeSpec); ok {
						comments[prefix+s.Name.Name] = d.Doc.Text()
					}
				}
			}
		}
	}
	return comments
}

// receiver is "Type." of a method, and empty for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}
