package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nse-dev/nse/internal/modelfile"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// trainedFlags are those of verbs that run a model.
type trainedFlags struct {
	pool   string
	asJSON bool
}

func (f *trainedFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.pool, "pool", "", "pool file that lists the model's operations: needed if some run in their plugins")
	jsonFlag(c, &f.asJSON)
}

// open reads the model in a folder and builds it. Close both after use.
func (f trainedFlags) open(c *cobra.Command, dir string) (*modelfile.Model, *supernet.Net, pools, error) {
	m, err := modelfile.Read(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	opened, err := f.attach(c, dir, m)
	if err != nil {
		opened.Close()
		return nil, nil, nil, err
	}
	n, err := m.Load(dir, 0)
	if err != nil {
		opened.Close()
	}
	return m, n, opened, err
}

// attach takes the graphs of operations that run in plugins from these.
func (f trainedFlags) attach(c *cobra.Command, dir string, m *modelfile.Model) (opened pools, err error) {
	for l, path := range m.Layers {
		for i, b := range path {
			if !runsInPlugin(m.Graphs()[l][i]) {
				continue
			}
			if f.pool == "" {
				return opened, fmt.Errorf("%s: %s runs in its plugin: name a pool file that lists it with --pool", dir, b.Op)
			}
			if opened == nil {
				p, err := openPool(c.Context(), f.pool)
				if err != nil {
					return nil, err
				}
				opened = append(opened, p)
			}
			ops := opened[0].Ops
			at := slices.IndexFunc(ops, func(op registry.Op) bool { return op.Name == b.Op })
			if at < 0 {
				return opened, fmt.Errorf("%s has no operation %s, which %s needs", f.pool, b.Op, dir)
			}
			g, err := ops[at].Graph(c.Context(), m.Skeleton().Layers[l])
			if err == nil {
				err = m.Attach(l, i, g)
			}
			if err != nil {
				return opened, fmt.Errorf("%s: %w", dir, err)
			}
		}
	}
	return opened, nil
}

func evalVerb() *cobra.Command {
	var f trainedFlags
	var spec string
	var seed uint64
	c := &cobra.Command{
		Use:   "eval MODEL",
		Short: "Test a trained model on a data set",
		Long: `Test a trained model, a folder that nse retrain wrote, on the test images of a data set: its accuracy, every class, and
which classes are taken for which. Images are resized and normalised as the model's were.`,
		Example: `  nse eval runs/001/models/front-3
  nse eval models/NSENet --data folder:photos --json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			dir := filepath.Clean(args[0])
			m, n, opened, err := f.open(c, dir)
			if err != nil {
				return err
			}
			defer opened.Close()
			defer n.Close()
			if t := m.Training; t != nil {
				spec = cmp.Or(spec, t.Data)
				if !c.Flags().Changed("seed") {
					seed = t.Seed
				}
			}
			set, err := fitting(m, spec, seed)
			if err != nil {
				return err
			}
			e := newEvaluation(dir, set)
			if e.Result, err = n.Test(c.Context(), m.Arch(), set.Sequence(set.Test, testBatch), e.count); err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			e.sum()
			if f.asJSON {
				return printJSON(c.OutOrStdout(), e)
			}
			return e.print(c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&spec, "data", "", "data set (default: the one that the model was trained on)")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of generated images (default: that of the training)")
	f.add(c)
	return c
}

// testBatch is the number of images that are classified at a time.
const testBatch = 128

// fitting opens a data set as a model sees it.
func fitting(m *modelfile.Model, spec string, seed uint64) (*data.Set, error) {
	in, size := m.Input, 0
	if in.Height == in.Width {
		size = in.Height
	}
	set, err := data.Open(spec, seed, size)
	if err != nil {
		return nil, err
	}
	if set.Height != in.Height || set.Width != in.Width || set.Channels != in.Channels {
		return nil, fmt.Errorf("%s has images %d×%d×%d, the model takes %v", spec, set.Height, set.Width, set.Channels, in.Shape())
	}
	if !slices.Equal(set.Classes, m.Classes) {
		return nil, fmt.Errorf("%s has the classes %s, the model knows %s", spec, strings.Join(set.Classes, ", "), strings.Join(m.Classes, ", "))
	}
	set.Normalization = data.Normalization{Mean: in.Mean, Std: in.Std}
	return set, nil
}

// evaluation is what a model makes of a data set.
type evaluation struct {
	Model  string `json:"model"`
	Data   string `json:"data"`
	Images int    `json:"images"`
	supernet.Result
	Classes   []classResult `json:"classes"`
	Confusion [][]int       `json:"confusion"` // images by their class and the class that they are taken for
}

// classResult is how a class fares.
type classResult struct {
	Name      string  `json:"name"`
	Images    int     `json:"images"`
	Taken     int     `json:"taken"`     // images that are taken for it
	Recall    float64 `json:"recall"`    // part of its images that is recognised; 0 if there are none
	Precision float64 `json:"precision"` // part of the images that are taken for it that is it; 0 if there are none
}

func newEvaluation(dir string, set *data.Set) *evaluation {
	e := &evaluation{Model: dir, Data: set.Name, Images: set.Test.Len()}
	for _, name := range set.Classes {
		e.Classes = append(e.Classes, classResult{Name: name})
		e.Confusion = append(e.Confusion, make([]int, len(set.Classes)))
	}
	return e
}

// count adds a batch to the confusion.
func (e *evaluation) count(b data.Batch, logits []float32) {
	classes := len(e.Classes)
	for i, label := range b.Labels {
		row := logits[i*classes : (i+1)*classes]
		e.Confusion[label][slices.Index(row, slices.Max(row))]++
	}
}

// sum fills the classes from the confusion.
func (e *evaluation) sum() {
	for k := range e.Classes {
		c := &e.Classes[k]
		for i := range e.Confusion {
			c.Images += e.Confusion[k][i]
			c.Taken += e.Confusion[i][k]
		}
		right := float64(e.Confusion[k][k])
		c.Recall = right / float64(max(c.Images, 1))
		c.Precision = right / float64(max(c.Taken, 1))
	}
}

// partOf writes a part of so many images, of none a dash.
func partOf(part float64, images int) string {
	if images == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*part)
}

func (e *evaluation) print(w io.Writer) error {
	fmt.Fprintf(w, "accuracy %.2f %% of %d test images of %s, loss %.4f\n\n", 100*e.Accuracy, e.Images, e.Data, e.Loss)
	rows := []string{"class\timages\trecall\tprecision"}
	for _, c := range e.Classes {
		rows = append(rows, fmt.Sprintf("%s\t%d\t%s\t%s", c.Name, c.Images, partOf(c.Recall, c.Images), partOf(c.Precision, c.Taken)))
	}
	if err := table(w, rows); err != nil {
		return err
	}
	fmt.Fprint(w, "\nimages by class (line) and the class that they are taken for (column):\n\n")
	names := make([]string, len(e.Classes))
	for k, c := range e.Classes {
		names[k] = c.Name
	}
	rows = []string{"\t" + strings.Join(names, "\t")}
	for k, line := range e.Confusion {
		rows = append(rows, names[k]+"\t"+strings.Trim(strings.ReplaceAll(fmt.Sprint(line), " ", "\t"), "[]"))
	}
	return table(w, rows)
}
