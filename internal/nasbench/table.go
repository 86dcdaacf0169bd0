// Package nasbench is NAS-Bench-201 (Dong and Yang, 2020) as a problem and an engine: every method searches in seconds,
// and what it finds is known.
//
// A cell has six edges with one of five operations each, which makes 15,625 architectures. A table has the accuracies
// of all of them on three data sets, after 200 epochs. Two spaces are made of it: the six edges as layers, and the
// edges in pairs, three layers of 25 operations, in which NSE has something to evolve. Both want search.single_branch.
package nasbench

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// File is the name of the table: gzipped CSV with a header. Of its columns, ops has the six operations as digits, and
// c10_valid to in16_test have accuracies in percent.
const File = "nasbench201_200ep.csv.gz"

// edges and operations of a cell, and the cells that they make.
const (
	edges = 6
	ops   = 5
	cells = ops * ops * ops * ops * ops * ops
)

// Operations are the names of the operations, in the order of the digits.
var operations = [ops]string{"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"}

// Data is a data set of the table.
type Data string

// The data sets. Of CIFAR-10, validation accuracy is that of training on half of the training images.
const (
	CIFAR10    Data = "cifar10"
	CIFAR100   Data = "cifar100"
	ImageNet16 Data = "imagenet16"
)

// sets says what a data set is called in the header, and what decides about its costs.
var sets = []struct {
	data    Data
	prefix  string
	classes float64
	pixels  float64 // compared with 32×32
}{{CIFAR10, "c10", 10, 1}, {CIFAR100, "c100", 100, 1}, {ImageNet16, "in16", 120, 0.25}}

// DataSets lists the data sets.
func DataSets() (all []Data) {
	for _, s := range sets {
		all = append(all, s.data)
	}
	return all
}

// Table has the accuracies of all cells. It may be read by several goroutines.
type Table struct {
	valid, test map[Data][]float64 // by number of the cell, 0 to 1
	ranks       map[Data][]int     // by number of the cell: its place by rising validation accuracy, from 0
	sorted      map[Data][]float64 // validation accuracies by rank
}

// Read reads the table from a folder. An error names the file and the line.
func Read(dir string) (*Table, error) {
	path := filepath.Join(dir, File)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file: want the folder of NAS-Bench-201 as %s", path, File)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// read reads the gzipped text.
func read(compressed io.Reader) (*Table, error) {
	text, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(text)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return nil, err
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	t := &Table{map[Data][]float64{}, map[Data][]float64{}, map[Data][]int{}, map[Data][]float64{}}
	for _, s := range sets {
		t.valid[s.data], t.test[s.data] = make([]float64, cells), make([]float64, cells)
	}
	seen := make([]bool, cells)
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := t.add(row, columns, seen); err != nil {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if missing := slices.Index(seen, false); missing >= 0 {
		return nil, fmt.Errorf("there is no row of the operations %s", digits(missing))
	}
	for _, s := range sets {
		t.rank(s.data)
	}
	return t, nil
}

// rank sorts the cells by their validation accuracy on a data set.
func (t *Table) rank(data Data) {
	valid := t.valid[data]
	order, ranks, sorted := make([]int, cells), make([]int, cells), make([]float64, cells)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(valid[i], valid[j]) })
	for rank, cell := range order {
		ranks[cell], sorted[rank] = rank, valid[cell]
	}
	t.ranks[data], t.sorted[data] = ranks, sorted
}

// columnsOf finds the columns that are read: ops, then validation and test of each data set.
func columnsOf(header []string) (columns []int, err error) {
	names := []string{"ops"}
	for _, s := range sets {
		names = append(names, s.prefix+"_valid", s.prefix+"_test")
	}
	for _, name := range names {
		i := slices.Index(header, name)
		if i < 0 {
			return nil, fmt.Errorf("line 1: there is no column %q", name)
		}
		columns = append(columns, i)
	}
	return columns, nil
}

// add enters a row.
func (t *Table) add(row []string, columns []int, seen []bool) error {
	cell, err := number(row[columns[0]])
	if err != nil {
		return err
	}
	if seen[cell] {
		return fmt.Errorf("the operations %s have a row already", digits(cell))
	}
	seen[cell] = true
	for i, s := range sets {
		for j, into := range [][]float64{t.valid[s.data], t.test[s.data]} {
			text := row[columns[1+2*i+j]]
			percent, err := strconv.ParseFloat(text, 64)
			if err != nil || !(percent >= 0 && percent <= 100) {
				return fmt.Errorf("accuracy %q: want 0 to 100", text)
			}
			into[cell] = percent / 100
		}
	}
	return nil
}

// number is that of a cell, from 0: its digits to the base 5, the first edge first.
func number(digits string) (cell int, err error) {
	if len(digits) != edges {
		return 0, fmt.Errorf("operations %q: want %d digits", digits, edges)
	}
	for _, d := range digits {
		if d < '0' || d >= '0'+ops {
			return 0, fmt.Errorf("operations %q: want digits 0 to %d", digits, ops-1)
		}
		cell = cell*ops + int(d-'0')
	}
	return cell, nil
}

// digits are those of a cell.
func digits(cell int) string {
	text := make([]byte, edges)
	for i := range slices.Backward(text) {
		text[i] = byte('0' + cell%ops)
		cell /= ops
	}
	return string(text)
}
