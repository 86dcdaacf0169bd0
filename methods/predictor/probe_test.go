package predictor

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"context"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

func world(t *testing.T) *catalog.Catalog {
	m := supernet.Macro{StemStride: 1, Channels: []int{8, 16, 32}, Layers: "NRNRN", Head: 64}
	s, _ := m.Skeleton(supernet.Input{Height: 16, Width: 16, Channels: 3, Classes: 10})
	text, _ := os.ReadFile("../../ops.toml")
	pool, err := registry.Parse(context.Background(), "ops.toml", text, ".", registry.Options{InProcess: func(n string) (sdk.Op, bool) { op, err := plugins.Builtin(n); return op, err == nil }})
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.LayOut(context.Background(), pool.Ops, s, catalog.Pricing{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tau(x, y []float64) float64 {
	c, n := 0.0, 0.0
	for i := range x {
		for j := range i {
			s := (x[i] - x[j]) * (y[i] - y[j])
			if s > 0 {
				c++
			} else if s < 0 {
				c--
			}
			n++
		}
	}
	return c / n
}

func TestProbe(t *testing.T) {
	x := world(t)
	p := x.Problem()
	id := map[string]evolve.OpID{}
	for i, n := range x.Names {
		id[n] = evolve.OpID(i)
	}
	text, _ := os.ReadFile("/tmp/table-run/architectures.csv")
	recs, _ := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	archs := map[int]evolve.Arch{}
	macs := map[int]float64{}
	for _, r := range recs[1:] {
		n, _ := strconv.Atoi(r[0])
		m, _ := strconv.ParseFloat(r[2], 64)
		macs[n] = m
		var a evolve.Arch
		for _, l := range strings.Split(r[4], "|") {
			path := evolve.Path{}
			if l != "" {
				for _, o := range strings.Split(l, "+") {
					path = append(path, id[o])
				}
			}
			a = append(a, path)
		}
		archs[n] = a
	}
	acc := map[int]map[string]float64{}
	test := map[int]float64{}
	for part := 1; part <= 25; part++ {
		text, err := os.ReadFile(fmt.Sprintf("/tmp/table-run/part-%02d.csv", part))
		if err != nil {
			continue
		}
		for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
			f := strings.Split(l, ",")
			if len(f) < 6 {
				continue
			}
			n, _ := strconv.Atoi(f[0])
			h, _ := strconv.ParseFloat(f[4], 64)
			te, _ := strconv.ParseFloat(f[5], 64)
			if acc[n] == nil {
				acc[n] = map[string]float64{}
			}
			acc[n][f[1]+"/"+f[2]+"/"+f[3]] = h
			if f[1] == "1" && f[3] == "4" {
				test[n] = te
			}
		}
	}
	var ids []int
	for n := range test {
		ids = append(ids, n)
	}
	sort.Ints(ids)
	col := func(k string) (v []float64, w []float64, m []float64) {
		for _, n := range ids {
			if h, ok := acc[n][k]; ok {
				v = append(v, h)
				w = append(w, test[n])
				m = append(m, macs[n])
			}
		}
		return
	}
	for _, k := range []string{"1/1+2+4/1", "1/1+2+4/2", "1/1+2+4/4", "2/1+2+4/4", "1/12/12"} {
		v, w, m := col(k)
		mean, sd := moments(v)
		fmt.Printf("%s n %d mean %.4f sd %.4f  tau with test@4 %.3f, macs tau %.3f\n", k, len(v), mean, sd, tau(v, w), tau(m, w))
	}
	// leave-one-out / k-fold
	for _, k := range []int{1, 4} {
		var pred, truth, ms []float64
		folds := 5
		for f := range folds {
			var trials []evolve.Trial
			for i, n := range ids {
				if i%folds != f {
					tr := evolve.Trial{Done: true}
					tr.Arch, tr.Accuracy, tr.Epochs = archs[n], acc[n][fmt.Sprintf("1/1+2+4/%d", k)], k
					trials = append(trials, tr)
				}
			}
			g, err := Fit(p, trials)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("%+v\n", g.weights)
			for i, n := range ids {
				if i%folds == f {
					m, _ := g.At(archs[n])
					pred = append(pred, m)
					truth = append(truth, test[n])
					ms = append(ms, math.Log(macs[n]))
				}
			}
		}
		fmt.Printf("predictor on %d epochs, %d archs: tau %.3f\n", k, len(ids)*4/5, tau(pred, truth))
	}
}
