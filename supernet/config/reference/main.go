// Command reference writes docs/configuration.md from the doc comments and defaults of the configuration structs.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nse-dev/nse/supernet/config"
)

const module = "github.com/nse-dev/nse/"

// head is the beginning of the page, with @ for a backtick.
const head = `# Configuration of a search

<!-- Generated from the structs' doc comments by go generate ./supernet/config: edit those. -->

@nse evolve --config FILE@ reads a TOML file and lays it over a preset. Settings that it leaves out have the preset's
values. The preset is the one that the file names (@preset = "paper"@). Without a name it is @quick@, a small search on
generated images that ends in minutes ([quick.toml](../supernet/config/quick.toml)). @default@ has the sizes of the
paper, with a learning rate of θ that scales. @paper@ has the paper's constants too, and @official@ those of the
authors' released code. A file that names a built-in macro-architecture begins with that one.

Flags go over the file: @--preset@, @--data@, @--size@, @--seed@, @--method@, @--max-rounds@, and @--set@ for every
setting. @--set search.k=4@ may be repeated. Its value is TOML, and text needs no quotes. @nse config@ with the same
flags prints the settings that a search would use, each with where it comes from.

The base of a study, the configuration of a table of true accuracies and @nse retrain --config@ begin with @default@
where they name no preset. So does @ParseSettings@ of the library. A run folder's @config.toml@ is the complete
configuration as it was used.

The column "value" has that of @quick@, then the presets that differ.
`

func main() {
	root, out := os.Args[1], os.Args[2]
	if err := write(root, out); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func write(root, out string) error {
	var presets []reflect.Value
	for _, name := range config.Presets {
		c, err := config.Default(name)
		if err != nil {
			return err
		}
		presets = append(presets, reflect.ValueOf(c))
	}
	p := page{root: root, docs: map[string]string{}, seen: map[string]bool{}}
	p.WriteString(strings.ReplaceAll(head, "@", "`"))
	if err := p.table("", "", presets); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, []byte(p.String()), 0o644)
}

// page is the text with the comments of the packages read so far: by package path, type and field.
type page struct {
	strings.Builder
	root string
	docs map[string]string
	seen map[string]bool // packages
}

// fieldOf is a field of the same struct in every preset.
func fieldOf(presets []reflect.Value, f reflect.StructField) (fields []reflect.Value) {
	for _, v := range presets {
		fields = append(fields, v.FieldByIndex(f.Index))
	}
	return fields
}

// table writes the settings of a struct, given in every preset, then the tables in it.
func (p *page) table(name, doc string, presets []reflect.Value) error {
	t := presets[0].Type()
	if name != "" {
		fmt.Fprintf(p, "\n## [%s]\n\n%s\n", name, sentence(doc))
	}
	fmt.Fprint(p, "\n| setting | type | value | |\n|---|---|---|---|\n")
	var tables []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Anonymous:
			continue
		case f.Type.Kind() == reflect.Struct:
			tables = append(tables, f)
			continue
		}
		doc, err := p.doc(t, f)
		if err != nil {
			return err
		}
		p.setting(f, doc, fieldOf(presets, f))
	}
	for _, f := range tables {
		inner := strings.TrimPrefix(name+"."+f.Tag.Get("toml"), ".")
		doc, err := p.doc(t, f)
		if err != nil {
			return err
		}
		if err := p.table(inner, doc, fieldOf(presets, f)); err != nil {
			return err
		}
	}
	return nil
}

// doc is the comment of a field, which an embedded struct may have.
func (p *page) doc(t reflect.Type, f reflect.StructField) (string, error) {
	for _, i := range f.Index[:len(f.Index)-1] {
		t = t.Field(i).Type
	}
	err := p.read(t.PkgPath())
	return p.docs[t.PkgPath()+"."+t.Name()+"."+f.Name], err
}

// setting writes a setting with the value of the first preset, and those of presets that differ.
func (p *page) setting(f reflect.StructField, doc string, presets []reflect.Value) {
	value := text(presets[0])
	for i, v := range presets {
		other := text(v)
		switch {
		case other == text(presets[0]):
		case other == text(presets[i-1]):
			value = strings.TrimSuffix(value, ": "+other) + ", " + config.Presets[i] + ": " + other
		default:
			value += "; " + config.Presets[i] + ": " + other
		}
	}
	fmt.Fprintf(p, "| `%s` | %s | %s | %s |\n", f.Tag.Get("toml"), kind(f.Type), value,
		strings.ReplaceAll(sentence(doc), "|", "\\|"))
}

// sentence turns a field's comment into a sentence that does not begin with the field's name.
func sentence(doc string) string {
	doc = strings.Join(strings.Fields(doc), " ")
	for _, verb := range []string{" is ", " are "} {
		if name, rest, found := strings.Cut(doc, verb); found && !strings.Contains(name, " ") {
			doc = rest
			break
		}
	}
	if name, rest, _ := strings.Cut(doc, " "); rest != "" && ast.IsExported(name) && !strings.HasSuffix(name, ":") &&
		verbs[strings.Split(rest, " ")[0]] {
		doc = rest
	}
	if doc == "" {
		return ""
	}
	if first, _, _ := strings.Cut(doc, " "); !strings.HasSuffix(first, ",") { // not a list of values
		first, size := utf8.DecodeRuneInString(doc)
		doc = string(unicode.ToUpper(first)) + doc[size:]
	}
	if !strings.HasSuffix(doc, ".") {
		doc += "."
	}
	return doc
}

// verbs begin comments such as "MaxRounds ends the search".
var verbs = map[string]bool{"ends": true, "says": true, "selects": true, "keeps": true, "drops": true, "bounds": true,
	"configures": true, "names": true, "determines": true, "resizes": true}

func kind(t reflect.Type) string {
	switch {
	case t.Kind() == reflect.Slice:
		return "list"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64:
		return "number"
	case t.Kind() == reflect.String || t.Implements(reflect.TypeFor[fmt.Stringer]()):
		return "text"
	}
	return "whole number"
}

func text(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		return strings.ReplaceAll(fmt.Sprint(v.Interface()), " ", ", ")
	}
	return fmt.Sprint(v.Interface())
}

// read collects the comments of a package's struct fields: above the field, or behind it.
func (p *page) read(path string) error {
	if p.seen[path] {
		return nil
	}
	p.seen[path] = true
	dir := filepath.Join(p.root, strings.TrimPrefix(path, module))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					p.fields(path+"."+spec.Name.Name, s)
				}
			}
			return true
		})
	}
	return nil
}

func (p *page) fields(owner string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		doc := f.Doc.Text()
		if doc == "" {
			doc = f.Comment.Text()
		}
		for _, n := range f.Names {
			p.docs[owner+"."+n.Name] = doc
		}
	}
}
