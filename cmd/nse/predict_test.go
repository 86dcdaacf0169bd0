package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nse-dev/nse/internal/evaluation"
)

// alike CSV LINES: what nse eval wrote of each image is what nse predict printed of the same file as a line of JSON, in
// any order, and no image is missing.
func alike(ts *testscript.TestScript, _ bool, args []string) {
	tested, err := csv.NewReader(strings.NewReader(ts.ReadFile(args[0]))).ReadAll()
	ts.Check(err)
	seen := map[string]evaluation.Probability{}
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		var p evaluation.Prediction
		ts.Check(json.Unmarshal([]byte(line), &p))
		seen[p.Image] = p.Classes[0]
	}
	if len(tested) < 2 || len(seen) != len(tested)-1 {
		ts.Fatalf("%d images were tested, %d predicted", len(tested)-1, len(seen))
	}
	for _, t := range tested[1:] {
		p, ok := seen[t[0]]
		probability, err := strconv.ParseFloat(t[3], 64)
		ts.Check(err)
		if !ok || p.Name != t[2] || math.Abs(p.Value-probability) > 1e-5 {
			ts.Fatalf("%s: tested as %s, %s; predicted as %+v", t[0], t[2], t[3], p)
		}
	}
}
