package study

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/nse-dev/nse/internal/tomlpos"
)

// File is a study file: what is compared, and how. Parse makes one.
type File struct {
	Name      string
	Pool      string // path of the pool file, relative to the working folder; empty where the engine has a pool
	Engine    string // such as supernet, or NAME:REST
	Data      []Data
	Methods   []Method
	Seeds     []uint64
	Budgets   []float64 // MACs of a search; a single 0 leaves them to the settings
	Finalists int       // architectures that are trained alone, of each Part that they come from
	From      From
	Reference string // label of the method that others are compared with
	Recipe    Recipe

	path     string
	text     string
	spot     *tomlpos.Spot // of text
	base     map[string]any
	basePath string // of the base configuration; empty where it stands in the study file
	baseText []byte
	retrain  map[string]any // settings of [retrain]
}

// Data is a data set. Its name is short and the same on every machine.
type Data struct {
	Name string
	Spec string
}

// Method is a search method with its settings. Labels are distinct.
type Method struct {
	Label    string
	Name     string
	Second   string // path of the pool that a search goes on with when it has ended; empty: it does not
	settings map[string]any
	second   []byte // text of that pool
}

// From says where finalists come from.
type From string

// Where finalists come from. On a front the most accurate are first. In a space, architectures within the constraint
// interval are drawn with the seed, by what they cost alone.
const (
	LastFront  From = "front"  // of the last round that has one
	EveryFront From = "fronts" // of each round
	EverySpace From = "spaces" // of each round: the initial, the simplified and the aggregated one
)

// Recipe says at which cost finalists are trained. The settings of the training are those of the configuration.
type Recipe struct {
	MACs      int64   // of one image; 0 leaves the channels as they are
	Tolerance float64 // greatest part of MACs by which a trained network may miss it
}

// Spaces are runs of blanks in a label.
var blanks = strings.NewReplacer(" ", "-")

// folder is the name of a method's folder.
func (m Method) folder() string { return blanks.Replace(m.Label) }

// dataName names a data set by its kind and, but for the built-in folders of images, by what tells two of a kind apart.
func dataName(spec string) string {
	kind, rest, _ := strings.Cut(spec, ":")
	switch {
	case rest == "":
		return kind
	case kind == "generated":
		return kind + "-" + rest
	case kind == "folder":
		return kind + "-" + filepath.Base(rest)
	}
	return kind
}

// Item is one search of a study with what follows it.
type Item struct {
	Number int // from 1, in the order in which items run
	Method Method
	Data   Data
	Budget float64 // MACs; 0: the settings say it
	Seed   uint64
}

// Key tells an item from the others of its study. It stays the same when a study gets more of anything.
type Key struct {
	Method string  `json:"method"`
	Data   string  `json:"data"`
	Budget float64 `json:"budget"`
	Seed   uint64  `json:"seed"`
}

// Key is the item's.
func (i Item) Key() Key { return Key{i.Method.Label, i.Data.Name, i.Budget, i.Seed} }

// Items lists the items in the order in which they run. Methods follow one another on equal seeds, data and budgets, so
// that what is there of a study can be compared.
func (f *File) Items() (items []Item) {
	for _, seed := range f.Seeds {
		for _, data := range f.Data {
			for _, budget := range f.Budgets {
				for _, m := range f.Methods {
					items = append(items, Item{len(items) + 1, m, data, budget, seed})
				}
			}
		}
	}
	return items
}

// Folder is that of the item's run, within the study's.
func (i Item) Folder() string {
	budget := "as-set"
	if i.Budget > 0 {
		budget = fmt.Sprintf("%gG", i.Budget/1e9)
	}
	return filepath.Join(i.Method.folder(), i.Data.Name, budget, fmt.Sprintf("seed-%d", i.Seed))
}
