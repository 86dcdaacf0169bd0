package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// primitive is a typed primitive as it is declared.
type primitive struct {
	Type       string // in Go
	Kind       string // in messages
	Name       string // of its lowering and its mapping: the kind in camel case
	Doc        string
	Attributes []attribute
	file       string // that declares it
}

// attribute is an exported field of a primitive.
type attribute struct{ Name, Type, Doc string }

// method is a method of sdk.Tensor that appends nodes.
type method struct{ call, doc, file string }

// declarations are those of package sdk that the generated files are about.
type declarations struct {
	typed   []primitive // by kind
	methods []method    // those of tensor.go first, then by file
}

// attributeTypes are the types that attributes may have.
var attributeTypes = []string{"int", "float32", "float64", "bool", "string", "[2]int", "Activation"}

// scan reads the declarations of package sdk. A primitive that has neither a message of its own nor Examples is an
// error, and so is one that messages cannot carry.
func scan(root string) (d declarations, err error) {
	files, err := parse(filepath.Join(root, "sdk"))
	if err != nil {
		return d, err
	}
	own, err := messages(filepath.Join(root, "sdk/wire/encode.go"))
	if err != nil {
		return d, err
	}
	methods := map[string]map[string]*ast.FuncDecl{} // by type and name
	for _, f := range functions(files) {
		t := receiver(f)
		if methods[t] == nil {
			methods[t] = map[string]*ast.FuncDecl{}
		}
		methods[t][f.Name.Name] = f
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for _, spec := range typeSpecs(files[path]) {
			has := methods[spec.Name.Name]
			if has["Infer"] == nil || has["Kind"] == nil || own[spec.Name.Name] {
				continue
			}
			p, err := declared(spec, has)
			if err != nil {
				return d, fmt.Errorf("%s: %s %w", path, spec.Name.Name, err)
			}
			p.file = filepath.Base(path)
			d.typed = append(d.typed, p)
		}
		d.methods = append(d.methods, appending(path, files[path])...)
	}
	slices.SortStableFunc(d.methods, func(a, b method) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.file, b.file))
	})
	slices.SortFunc(d.typed, func(a, b primitive) int { return cmp.Compare(a.Kind, b.Kind) })
	for i, p := range d.typed[1:] {
		if p.Kind == d.typed[i].Kind {
			return d, fmt.Errorf("%s and %s are both of kind %q", d.typed[i].Type, p.Type, p.Kind)
		}
	}
	return d, nil
}

func rank(m method) int {
	if m.file == "tensor.go" {
		return 0
	}
	return 1
}

// declared is a typed primitive with the methods that its type has.
func declared(spec *ast.TypeSpec, has map[string]*ast.FuncDecl) (p primitive, err error) {
	p = primitive{Type: spec.Name.Name, Doc: prose(spec.Doc.Text())}
	if has["Examples"] == nil {
		return p, fmt.Errorf("has no examples: write func (%s) Examples() []Example", p.Type)
	}
	if p.Kind = literal(has["Kind"]); p.Kind == "" || p.Kind != snake(p.Kind) {
		return p, fmt.Errorf("has a kind that is no constant in snake case: write return \"%s\"", snake(p.Type))
	}
	p.Name = camel(p.Kind)
	if p.Doc == "" {
		return p, fmt.Errorf("has no doc comment: the docs have no other text")
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return p, fmt.Errorf("is no struct: its fields are its attributes")
	}
	for _, f := range s.Fields.List {
		for _, name := range f.Names {
			a := attribute{snake(name.Name), types.ExprString(f.Type), prose(f.Comment.Text() + f.Doc.Text())}
			if !name.IsExported() || !slices.Contains(attributeTypes, a.Type) || a.Doc == "" {
				return p, fmt.Errorf("has the field %s %s: want an exported one with a comment, of type %s", name,
					a.Type, strings.Join(attributeTypes, ", "))
			}
			p.Attributes = append(p.Attributes, a)
		}
	}
	return p, nil
}

// missing are the errors of primitives without a lowering or a mapping.
func (d declarations) missing(root string) (errs []error) {
	lowerings, err := parse(filepath.Join(root, "supernet/graph"))
	if err != nil {
		return []error{err}
	}
	mappings, err := parse(filepath.Join(root, "internal/export"))
	if err != nil {
		return []error{err}
	}
	lowered, mapped := map[string]bool{}, map[string]bool{}
	for _, f := range functions(lowerings) {
		lowered[f.Name.Name] = lowered[f.Name.Name] || receiver(f) == "builder"
	}
	for _, f := range mappings {
		for _, name := range variables(f) {
			mapped[name] = true
		}
	}
	for _, p := range d.typed {
		if !lowered[p.Name] {
			errs = append(errs, fmt.Errorf("supernet/graph/%s: %s has no lowering: write func (b *builder) %s"+
				"(k sdk.%s, in G.Nodes, p []*Param) *G.Node", p.file, p.Kind, p.Name, p.Type))
		}
		if !mapped[p.Name] {
			errs = append(errs, fmt.Errorf("internal/export/%s: %s has no mapping: write var %s = mapping{...}", p.file,
				p.Kind, p.Name))
		}
	}
	return errs
}

// appending lists the methods of Tensor that return tensors.
func appending(path string, file *ast.File) (list []method) {
	for _, f := range functions(map[string]*ast.File{path: file}) {
		if receiver(f) != "Tensor" || !f.Name.IsExported() || f.Type.Results == nil || f.Name.Name == "Named" {
			continue
		}
		result := types.ExprString(f.Type.Results.List[0].Type)
		if result != "Tensor" && result != "[]Tensor" {
			continue
		}
		call := strings.TrimPrefix(types.ExprString(f.Type), "func")
		call = f.Name.Name + call[:strings.LastIndex(call, ")")+1]
		first := new(doc.Package).Synopsis(f.Doc.Text())
		list = append(list, method{call, strings.TrimPrefix(first, f.Name.Name+" "), filepath.Base(path)})
	}
	return list
}

// messages are the types of package sdk that the encoder has a case for.
func messages(encoder string) (own map[string]bool, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), encoder, nil, 0)
	if err != nil {
		return nil, err
	}
	own = map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.CaseClause); ok {
			for _, t := range c.List {
				own[strings.TrimPrefix(types.ExprString(t), "sdk.")] = true
			}
		}
		return true
	})
	return own, nil
}

// parse reads the files of a package that people write, without its tests, by path.
func parse(dir string) (files map[string]*ast.File, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	files = map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if !ast.IsGenerated(f) {
			files[path] = f
		}
	}
	return files, err
}

func functions(files map[string]*ast.File) (list []*ast.FuncDecl) {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		for _, d := range files[path].Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				list = append(list, f)
			}
		}
	}
	return list
}

// typeSpecs are the types of a file, each with its doc comment.
func typeSpecs(f *ast.File) (list []*ast.TypeSpec) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.TYPE {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.TypeSpec)
			if spec.Doc == nil {
				spec.Doc = g.Doc
			}
			list = append(list, spec)
		}
	}
	return list
}

// variables are the names of a file's variables.
func variables(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			for _, name := range s.(*ast.ValueSpec).Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// receiver is the type that a function is a method of. It is empty for none.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	return strings.TrimPrefix(types.ExprString(f.Recv.List[0].Type), "*")
}

// literal is the text that a function of one statement returns. It is empty if that is no constant.
func literal(f *ast.FuncDecl) string {
	if len(f.Body.List) != 1 {
		return ""
	}
	r, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return ""
	}
	text, _ := strconv.Unquote(types.ExprString(r.Results[0]))
	return text
}

// prose is a comment on one line, as a cell of a table has it.
func prose(comment string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(comment), " "), "|", `\|`)
}

// snake writes HeadDim as head_dim and RMS as rms.
func snake(name string) string {
	r := []rune(name)
	var b strings.Builder
	for i, c := range r {
		word := i > 0 && unicode.IsUpper(c) &&
			(!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1]))
		if word && r[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// camel writes layer_norm as layerNorm.
func camel(kind string) string {
	words := strings.Split(kind, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
