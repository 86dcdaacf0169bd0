package truth

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/random"
	"github.com/nse-dev/nse/internal/setting"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/config"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Table is a table in a folder: architectures.csv, and a file for each part.
type Table struct {
	Recipe Recipe
	Archs  []evolve.Arch // by number; operations are ids of the catalog
	Rows   []Row         // of all parts, in the order of their parts

	dir     string
	catalog *catalog.Catalog
	problem evolve.Problem
	counts  [][]int64 // multiply-accumulates by layer and operation
	source  supernet.Source
	config  config.Config
}

// Row is what an architecture had after some epochs.
type Row struct {
	Arch   int     // its number
	Seed   int     // of weights, order of images and augmentation, from 1
	Ends   string  // the cycles that the training had in all, such as 1+2+4
	Epochs int     // that were done of them
	Held   float64 // accuracy on held-out images, 0 to 1
	Test   float64 // accuracy on test images, 0 to 1
}

// Open draws the architectures of a recipe and reads what the folder has of the table. Architectures that are there
// must be those of the recipe, and so must be the images of the source.
func Open(dir string, r Recipe, c config.Config, x *catalog.Catalog, source supernet.Source) (*Table, error) {
	if is := imagesOf(source); r.Images != (Images{}) && r.Images != is {
		return nil, fmt.Errorf("%s: the recipe has images %+v, the data set %+v", dir, r.Images, is)
	}
	t := &Table{Recipe: r, dir: dir, catalog: x, source: source, config: c}
	if err := t.draw(); err != nil {
		return nil, err
	}
	err := t.known()
	if errors.Is(err, fs.ErrNotExist) {
		err = file.WriteShared(t.listed(), []byte(t.list()))
	}
	if err != nil {
		return nil, err
	}
	if err := t.readParts(); err != nil {
		return nil, err
	}
	return t, t.sameImages()
}

// sameImages compares the images with those that the rows are of, which images.json tells. A table without rows gets
// the file.
func (t *Table) sameImages() error {
	set := data.Set{Classes: t.source.Set.Classes, Train: t.source.Train, Validate: t.source.Held,
		Test: t.source.Set.Test}
	text, err := json.MarshalIndent(set.Index().Fingerprint(), "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(t.dir, "images.json")
	was, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(t.Rows) == 0:
		return file.WriteShared(path, append(text, '\n'))
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s has rows of an older nse, which held out other images: use that version, or remove them",
			t.dir)
	case err == nil && string(was) != string(text)+"\n":
		return fmt.Errorf("%s tells other images than the data set has: its rows are of these", path)
	}
	return err
}

// Read reads a table without its data set. The recipe must say what its images are, and the folder must have the list
// of architectures. The table can be neither run nor checked.
func Read(ctx context.Context, dir string, r Recipe, c config.Config, ops []registry.Op) (*Table, error) {
	if r.Images == (Images{}) {
		return nil, fmt.Errorf("%s: the recipe has no [images], which say what the data set is", dir)
	}
	skeleton, err := c.Macro.Skeleton(r.Images.input())
	if err != nil {
		return nil, err
	}
	t := &Table{Recipe: r, dir: dir, config: c}
	if t.catalog, err = catalog.LayOut(ctx, ops, skeleton, catalog.PricingOf(c, r.Images.input())); err != nil {
		return nil, err
	}
	if err := t.draw(); err != nil {
		return nil, err
	}
	err = t.known()
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s has no table yet: make it with nse table run", dir)
	}
	if err != nil {
		return nil, err
	}
	return t, t.readParts()
}

// draw draws the architectures and counts their operations.
func (t *Table) draw() error {
	n := t.Recipe.Architectures
	t.problem = t.catalog.Problem()
	for _, graphs := range t.catalog.Graphs {
		var counts []int64
		for _, g := range graphs {
			counts = append(counts, g.Count().MACs)
		}
		t.counts = append(t.counts, counts)
	}
	t.Archs = Draw(t.problem, t.config.Search.Config, n, t.config.Seed)
	if len(t.Archs) < n {
		return fmt.Errorf("%s: the budget yields %d architectures, the recipe wants %d", t.dir, len(t.Archs), n)
	}
	return nil
}

// listed is the path of the list of architectures.
func (t *Table) listed() string { return filepath.Join(t.dir, "architectures.csv") }

// known compares the list of architectures in the folder with those that were drawn.
func (t *Table) known() error {
	was, err := os.ReadFile(t.listed())
	if err == nil && string(was) != t.list() {
		err = fmt.Errorf("%s does not list the architectures of the recipe: the recipe, its configuration or the pool "+
			"has changed", t.listed())
	}
	return err
}

// readParts reads the rows of all parts.
func (t *Table) readParts() error {
	for part := 1; part <= t.Recipe.Parts; part++ {
		rows, _, err := t.read(part)
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, rows...)
	}
	return nil
}

// list is the text of architectures.csv.
func (t *Table) list() string {
	var b strings.Builder
	b.WriteString("arch,branches,macs,params,ops\n")
	for i, a := range t.Archs {
		n, count := 0, t.catalog.Count(a)
		var layers []string
		for _, names := range t.catalog.NamesOf(a) {
			n += len(names)
			layers = append(layers, strings.Join(names, "+"))
		}
		fmt.Fprintf(&b, "%d,%d,%d,%d,%s\n", i, n, count.MACs, count.Params, strings.Join(layers, "|"))
	}
	return b.String()
}

// heading is the first line of a part.
const heading = "arch,seed,cycles,epochs,held,test\n"

func (t *Table) path(part int) string {
	return filepath.Join(t.dir, fmt.Sprintf("part-%02d.csv", part))
}

// read reads a part, and says how many bytes of it are whole lines. A part that is not there has no rows.
func (t *Table) read(part int) (rows []Row, size int, err error) {
	path := t.path(part)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	size = strings.LastIndexByte(string(text), '\n') + 1
	body, ok := strings.CutPrefix(string(text[:size]), heading)
	if !ok {
		return nil, 0, fmt.Errorf("%s:1:1: want the heading %s", path, strings.TrimSpace(heading))
	}
	records := csv.NewReader(strings.NewReader(body))
	records.FieldsPerRecord = strings.Count(heading, ",") + 1
	for line := 2; ; line++ {
		fields, err := records.Read()
		if err == io.EOF {
			return rows, size, nil
		}
		var row Row
		if err == nil {
			row, err = t.row(fields)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%s:%d:1: %w", path, line, err)
		}
		rows = append(rows, row)
	}
}

// row reads the fields of a line.
func (t *Table) row(fields []string) (r Row, err error) {
	var errs [5]error
	r.Arch, errs[0] = strconv.Atoi(fields[0])
	r.Seed, errs[1] = strconv.Atoi(fields[1])
	r.Ends = fields[2]
	r.Epochs, errs[2] = strconv.Atoi(fields[3])
	r.Held, errs[3] = strconv.ParseFloat(fields[4], 64)
	r.Test, errs[4] = strconv.ParseFloat(fields[5], 64)
	if err := cmp.Or(errs[:]...); err != nil {
		return r, err
	}
	if r.Arch < 0 || r.Arch >= len(t.Archs) {
		return r, fmt.Errorf("there is no architecture %d", r.Arch)
	}
	return r, nil
}

// String is the line of a row, without its end.
func (r Row) String() string {
	return fmt.Sprintf("%d,%d,%s,%d,%.4f,%.4f", r.Arch, r.Seed, r.Ends, r.Epochs, r.Held, r.Test)
}

// missing lists the trainings of a part that the table lacks.
func (t *Table) missing(part int, rows []Row) (list []job) {
	for _, j := range t.Recipe.jobs(part) {
		has := func(r Row) bool { return r.Arch == j.arch && r.Seed == j.seed && r.Ends == j.text() }
		if n := len(slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !has(r) })); n < len(j.ends) {
			list = append(list, j)
		}
	}
	return list
}

// text is the cycles of a job, such as 1+2+4.
func (j job) text() string {
	var ends []string
	for _, e := range j.ends {
		ends = append(ends, strconv.Itoa(e))
	}
	return strings.Join(ends, "+")
}

// Run trains what a part lacks, from 1, several architectures at a time, and writes each as it is done. done is told of
// trainings that are complete and of all of them. A cancelled run keeps what is complete, and the same call goes on.
func (t *Table) Run(ctx context.Context, part int, done func(complete, all int, r Row)) error {
	out, err := file.Lock(t.path(part))
	if err != nil {
		return fmt.Errorf("%s is %w", t.path(part), err)
	}
	defer out.Close()
	rows, size, err := t.read(part)
	if err != nil {
		return err
	}
	missing := t.missing(part, rows)
	if len(missing) == 0 {
		return nil
	}
	if err := out.Truncate(int64(size)); err != nil {
		return err
	}
	if _, err := out.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if size == 0 {
		if _, err := out.WriteString(heading); err != nil {
			return err
		}
	}
	all := len(t.Recipe.jobs(part))
	complete := all - len(missing)
	var mu sync.Mutex
	workers := pool.New().WithContext(ctx).WithCancelOnError().WithFirstError().WithMaxGoroutines(t.lanes())
	for _, j := range missing {
		workers.Go(func(ctx context.Context) error {
			made, err := t.train(ctx, j)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			var text strings.Builder
			for _, r := range made {
				text.WriteString(r.String() + "\n")
			}
			if _, err := out.WriteString(text.String()); err != nil {
				return err
			}
			complete++
			rows = append(rows, made...)
			done(complete, all, made[len(made)-1])
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	return t.sort(part, rows)
}

// lanes is the number of architectures that are trained at a time, on a core each.
func (t *Table) lanes() int {
	if t.config.Workers > 0 {
		return t.config.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// train trains one architecture, and measures it at the end of every cycle.
func (t *Table) train(ctx context.Context, j job) (rows []Row, err error) {
	c := t.config
	e := retrain.NewSolo(t.catalog.Skeleton, t.catalog.Build, t.source, c.Retrain, c.Score.Images, uint64(j.seed), 1)
	for i := range j.ends {
		m, err := e.Measure(ctx, t.Archs[j.arch], j.ends[:i+1])
		if err != nil {
			return nil, fmt.Errorf("architecture %d: %w", j.arch, err)
		}
		rows = append(rows, Row{j.arch, j.seed, j.text(), j.ends[i], m.Held.Accuracy, m.Test.Accuracy})
	}
	return rows, nil
}

// sort puts the lines of a complete part in order, so that equal parts are equal files.
func (t *Table) sort(part int, rows []Row) error {
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Seed, b.Seed), cmp.Compare(b.Ends, a.Ends),
			cmp.Compare(a.Epochs, b.Epochs))
	})
	text := heading
	for _, r := range rows {
		text += r.String() + "\n"
	}
	return file.WriteShared(t.path(part), []byte(text))
}

// Check trains n complete trainings again, drawn by a seed, and returns the rows that differ, as they are now. ended is
// told of each row.
func (t *Table) Check(ctx context.Context, n int, seed uint64, ended func(was, is Row)) (differ []Row, err error) {
	var complete []job
	for part := 1; part <= t.Recipe.Parts; part++ {
		missing := t.missing(part, t.Rows)
		for _, j := range t.Recipe.jobs(part) {
			same := func(m job) bool { return m.arch == j.arch && m.seed == j.seed && m.text() == j.text() }
			if !slices.ContainsFunc(missing, same) {
				complete = append(complete, j)
			}
		}
	}
	for _, i := range random.New(seed, "check of a table", 0, 0, 0).Perm(len(complete))[:min(n, len(complete))] {
		rows, err := t.train(ctx, complete[i])
		if err != nil {
			return differ, err
		}
		for _, is := range rows {
			was := t.Rows[slices.IndexFunc(t.Rows, func(r Row) bool {
				return r.Arch == is.Arch && r.Seed == is.Seed && r.Ends == is.Ends && r.Epochs == is.Epochs
			})]
			ended(was, is)
			if was.String() != is.String() {
				differ = append(differ, is)
			}
		}
	}
	return differ, nil
}

// Covers refuses a constraint whose interval is not within that of the table, by *setting.Error.
func (t *Table) Covers(c evolve.ConstraintConfig) error {
	own := t.config.Search.Constraint
	if c.Low() < own.Low()-slack || c.High() > own.High()+slack {
		return setting.Errorf("constraint.tau", c.Tau, "the interval is %.4g to %.4g, the table has %.4g to %.4g",
			c.Low(), c.High(), own.Low(), own.High())
	}
	return nil
}

// slack is what the rounding of an interval's ends comes to, in millions of MACs.
const slack = 1e-9

// Sum is the checksum of the architectures and of the rows.
func (t *Table) Sum() string {
	text := t.list()
	for _, r := range t.Rows {
		text += r.String() + "\n"
	}
	return file.Sum([]byte(text))
}

// macs is the number of multiply-accumulates of an architecture for one image.
func (t *Table) macs(a evolve.Arch) float64 {
	n := t.catalog.Fixed().MACs
	for l, path := range a {
		for _, op := range path {
			n += t.counts[l][op]
		}
	}
	return float64(n)
}
