package architecture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
)

// ErrForeignFront says that the front.json in a run's folder is not the front of that run.
var ErrForeignFront = errors.New("is not the front of the run")

// Opener opens pools, and architectures from all sources.
type Opener struct {
	Shipped fs.FS            // the pools that published architectures number their operations in
	Plugins registry.Options // how plugins are run
}

// Pool opens a pool file. An empty path is the shipped pool of the 27 operations. Close the pool after use.
func (o Opener) Pool(ctx context.Context, path string) (*registry.Pool, error) {
	if path == "" {
		return o.shipped(ctx, spaces["27"])
	}
	return registry.Load(ctx, path, o.Plugins)
}

// Plugin opens a plugin that the user names, with each of its families once. Close the pool after use.
func (o Opener) Plugin(ctx context.Context, path string) (*registry.Pool, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	described, err := registry.Describe(ctx, abs, o.Plugins)
	if err != nil {
		return nil, err
	}
	return registry.Parse(ctx, path, described, ".", o.Plugins)
}

// shipped opens a pool that ships.
func (o Opener) shipped(ctx context.Context, name string) (*registry.Pool, error) {
	text, err := fs.ReadFile(o.Shipped, name)
	if err != nil {
		return nil, err
	}
	return registry.Parse(ctx, name, text, ".", o.Plugins)
}

// Source says where architectures are.
type Source struct {
	Path string // a run's or a model's folder, or a file; for Open also a published architecture's name
	// Run is the folder of the run that a file's architectures belong to. It may be empty where the file says that, or
	// is in a run's folder. It is an error for anything but a file that names operations.
	Run string
	// Pick is what will be picked from the list. What a run has scored, such as round-2-17, is laid out only if it is
	// named here.
	Pick string
}

// Open lists the architectures of a source: a published one by its name, or those At a path. A published name wins over
// a path. Close the list after use.
func (o Opener) Open(ctx context.Context, s Source, v Variant) (List, error) {
	if a, known := publishedNamed(s.Path); known {
		if s.Run != "" {
			return List{}, s.foreign()
		}
		return o.published(ctx, s.Path, []published{a}, v)
	}
	return o.At(ctx, s, v)
}

// Picked is Open with what Pick names of the list, or all. Close the list after use.
func (o Opener) Picked(ctx context.Context, s Source, v Variant) (list List, picked []Plan, err error) {
	if list, err = o.Open(ctx, s, v); err != nil {
		return list, nil, err
	}
	if picked, err = list.Named(s.Pick); err != nil {
		list.Close()
		err = fmt.Errorf("%s: --pick %s: %w; want such names, or all", s.Path, s.Pick, err)
	}
	return list, picked, err
}

// At lists the architectures at a path: a run's last front, a model's folder, a front.json, or a file of architectures.
// Errors start with the path. Close the list after use.
func (o Opener) At(ctx context.Context, s Source, v Variant) (List, error) {
	if modelfile.Exists(s.Path) && s.Run == "" {
		return modelAt(s.Path, v)
	}
	path, err := listFile(s.Path)
	if errors.Is(err, runs.ErrNoFront) && scoredName.MatchString(s.Pick) {
		return o.front(ctx, filepath.Join(s.Path, runs.FrontFile), nil, s.Pick, v)
	}
	if err != nil {
		return List{}, err
	}
	text, form, err := readList(path)
	if err != nil {
		return List{}, err
	}
	switch {
	case s.Run != "" && (form == numbered || path != s.Path):
		return List{}, s.foreign()
	case form == named || form == result && s.Run != "":
		f, err := parseFile(path, text)
		if err != nil {
			return List{}, err
		}
		return o.named(ctx, f, s.Run, v)
	case form == result:
		return o.front(ctx, path, text, s.Pick, v)
	}
	list, err := parsePublished(path, text)
	if err != nil {
		return List{}, err
	}
	return o.published(ctx, path, list, v)
}

// foreign is the error about a run that is named beside what has a network of its own.
func (s Source) foreign() error {
	return fmt.Errorf("%s is no file that names operations by layer: leave the run %s out", s.Path, s.Run)
}

// form is how a file lists architectures.
type form int

const (
	numbered form = iota // operations by number, as published ones are listed
	named                // operations by name
	result               // the front.json in a run's folder, which says nothing of a run or a macro-architecture
)

// readList reads a file of architectures, and tells its form.
func readList(path string) (text []byte, form form, err error) {
	read := file.ReadText
	if runs.Exists(filepath.Dir(path)) {
		read = file.Read
	}
	if text, err = read(path); err != nil {
		return nil, 0, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, 0, jsontext.Locate(path, text, err)
	}
	if keys["architectures"] == nil {
		return nil, 0, fmt.Errorf(`%s: not a list of architectures: there is no "architectures"`, path)
	}
	own := keys["run"] != nil || keys["macro"] != nil || keys["pool"] != nil || keys["space"] != nil
	var list []map[string]json.RawMessage
	_ = json.Unmarshal(keys["architectures"], &list) // what is wrong with it, the form's own reader says
	isNumbered := func(a map[string]json.RawMessage) bool { return a["space"] != nil || a["layers"] != nil }
	switch {
	case !own && filepath.Base(path) == runs.FrontFile && runs.Exists(filepath.Dir(path)):
		return text, result, nil
	case own || keys["round"] != nil || len(list) > 0 && !slices.ContainsFunc(list, isNumbered):
		return text, named, nil
	}
	return text, numbered, nil
}

// modelAt is the model in a folder, with graphs and names of operations but no plugins.
func modelAt(dir string, v Variant) (List, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return List{}, err
	}
	p := Plan{Name: m.Name, Folder: dir, Macro: m.Macro, Skeleton: m.Skeleton(), Graphs: m.Graphs(),
		Input: supernet.Input{Height: m.Input.Height, Width: m.Input.Width, Channels: m.Input.Channels,
			Classes: len(m.Classes)}}
	if v.SqueezeExcite || v.Swish {
		return List{}, fmt.Errorf("%s is a trained model, which has no variants", dir)
	}
	if in := v.see(p.Input); in != p.Input {
		return List{}, fmt.Errorf("%s is a trained model for %v and %d classes, not for %v and %d", dir,
			p.Input.Shape(), p.Input.Classes, in.Shape(), in.Classes)
	}
	known := map[string]registry.Op{}
	for _, op := range m.Operations {
		known[op.Name] = registry.Op{Name: op.Name, Family: op.Family, Plugin: registry.Plugin{SHA256: op.Checksum}}
	}
	for _, path := range m.Layers {
		var ops []registry.Op
		for _, b := range path {
			ops = append(ops, known[b.Op])
		}
		p.Ops = append(p.Ops, ops)
	}
	if t := m.Training; t != nil {
		p.Accuracy = Accuracy{t.Test.Accuracy, "test images of " + t.Data, TrainedAlone}
	}
	return List{Plans: []Plan{p}}, nil
}

// listFile is the file to read: the one that is named, or the front of the run in the folder that is.
func listFile(what string) (string, error) {
	info, err := os.Stat(what)
	if errors.Is(err, fs.ErrNotExist) {
		return "", noSource(what)
	}
	if err != nil || !info.IsDir() {
		return what, err
	}
	path := filepath.Join(what, runs.FrontFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && runs.Exists(what) {
		return "", runs.NoFront(what + " has no front yet: no round has come to its end")
	} else if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s %w: it has no %s", what, runs.ErrNoRun, runs.FrontFile)
	}
	return path, nil
}

// noSource says that a name is neither a path nor a published architecture's. It is runs.ErrNoRun too.
type noSource string

func (n noSource) Error() string {
	return string(n) + ": no such file or run folder, and no published architecture: those are " +
		strings.Join(publishedNames(), ", ")
}

func (noSource) Is(target error) bool { return target == runs.ErrNoRun }

// front lays out a run's front with the pools and the configuration beside it, and what pick names besides. A nil text
// is that of a run without a front.
func (o Opener) front(ctx context.Context, path string, text []byte, pick string, v Variant) (List, error) {
	r, err := runs.Read(filepath.Dir(path))
	if err != nil {
		return List{}, err
	}
	defer r.Close()
	c, err := r.Config()
	if err != nil {
		return List{}, err
	}
	f, err := frontOf(r, c.Search.Constraint.Kind.Unit(), path, text)
	if err != nil {
		return List{}, err
	}
	scored, others, err := scoredIn(r, pick)
	if err != nil {
		return List{}, err
	}
	v.apply(&c.Macro)
	needed, err := opsOf(r, slices.Concat(f.Architectures, scored))
	if err != nil {
		return List{}, err
	}
	opened, found, err := catalog.Recall(ctx, r, o.Plugins, needed)
	if err != nil {
		return List{}, err
	}
	list := List{Pools: opened, others: others}
	for i, a := range slices.Concat(f.Architectures, scored) {
		name := frontName(i)
		if i >= len(f.Architectures) {
			name = a.Name()
		}
		p, err := frontPlan(ctx, name, a, c.Macro, v.see(r.Info.Image), found)
		if err != nil {
			list.Close()
			return List{}, fmt.Errorf("%s: %s: %w", path, name, err)
		}
		if v == (Variant{}) { // nothing is known of its other variants
			p.measured(a, c.Search.Constraint.Kind)
		}
		list.Plans = append(list.Plans, p)
	}
	list.Plans, list.scored = list.Plans[:len(f.Architectures)], list.Plans[len(f.Architectures):]
	return list, nil
}

// scoredName is the name of what a round has scored (runs.ScoredName), in any case, in a list of names.
var scoredName = regexp.MustCompile(`(?:^|,)\s*(?i:round)-([0-9]{1,9})-([0-9]{1,9})\s*(?:$|,)`)

// scoredIn lists what a run has scored and pick names, and all that it has scored as ranges of names.
func scoredIn(r *runs.Run, pick string) (list []runs.Architecture, others []string, err error) {
	rounds, err := r.Scored()
	if err != nil {
		return nil, nil, err
	}
	for _, s := range rounds {
		first, last := runs.ScoredName(s.Round, s.First), runs.ScoredName(s.Round, s.Last)
		others = append(others, first+" to "+last)
	}
	for name := range strings.SplitSeq(pick, ",") {
		part := scoredName.FindStringSubmatch(name)
		if part == nil {
			continue
		}
		round, _ := strconv.Atoi(part[1])
		number, _ := strconv.Atoi(part[2])
		archs, err := r.Architectures(round)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range archs {
			if a.Number == number-1 {
				list = append(list, a)
			}
		}
	}
	return list, others, nil
}

// opsOf lists the operations of a run that architectures use.
func opsOf(r *runs.Run, list []runs.Architecture) (runs.Ops, error) {
	ops, err := r.Ops()
	return slices.DeleteFunc(ops, func(op runs.Op) bool {
		uses := func(a runs.Architecture) bool { return slices.Contains(slices.Concat(a.Ops...), op.Name) }
		return !slices.ContainsFunc(list, uses)
	}), err
}

// frontOf is the front of a run that its front.json has. A nil file is no front. One that is not the front of a round
// of the run is refused.
func frontOf(r *runs.Run, unit, path string, file []byte) (f runs.Front, err error) {
	if file == nil {
		return f, nil
	}
	if err := json.Unmarshal(file, &f); err != nil {
		return f, jsontext.Locate(path, file, err)
	}
	rounds, err := r.Rounds()
	if err != nil {
		return f, err
	}
	i := slices.IndexFunc(rounds, func(x runs.Round) bool { return x.Round == f.Round && x.Done })
	if i >= 0 {
		if f, err = r.Front(rounds[i], unit); err != nil {
			return f, err
		}
		same, err := written(f, file)
		if err != nil || same {
			return f, err
		}
	}
	return f, fmt.Errorf(`%s %w: nse resume %s writes it anew; with "run": "." in it, it is a file of architectures`,
		path, ErrForeignFront, text.Shell(r.Dir))
}

// written reports whether a text is the front.json of a front. One without epochs was written before there were any.
func written(f runs.Front, text []byte) (bool, error) {
	want, err := f.Encode()
	if err != nil || bytes.Equal(text, want) {
		return err == nil, err
	}
	f.Architectures = slices.Clone(f.Architectures)
	for i := range f.Architectures {
		f.Architectures[i].Epochs = 0
	}
	want, err = f.Encode()
	return bytes.Equal(text, want), err
}

func frontPlan(
	ctx context.Context, name string, a runs.Architecture, m supernet.Macro, in supernet.Input,
	pool map[string]registry.Op,
) (Plan, error) {
	ops, err := opsNamed(pool, a.Ops)
	if err != nil {
		return Plan{}, err
	}
	return layOut(ctx, name, m, in, ops)
}

// opsNamed finds operations by layer and name.
func opsNamed(pool map[string]registry.Op, names [][]string) ([][]registry.Op, error) {
	ops := make([][]registry.Op, len(names))
	for l, path := range names {
		for _, name := range path {
			op, known := pool[name]
			if !known {
				return nil, fmt.Errorf("layer %d: the pool has no operation %q", l, name)
			}
			ops[l] = append(ops[l], op)
		}
	}
	return ops, nil
}
