// Command embedding is a program outside the repository that searches with an operation of its own. Each call takes the
// next step: start (or resume what was stopped), continue, retrain and export.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/evolve/methods"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// bottleneck is an operation of this program.
var bottleneck = sdk.Op{
	Name:  "bottleneck",
	Attrs: []sdk.Attr{{Name: "reduction", Short: "r", Doc: "how much narrower the middle is", Default: 2}},
	Build: func(g *sdk.Graph, l sdk.Layer, a sdk.Attrs) (sdk.Tensor, error) {
		mid := max(1, l.In/a.Int("reduction"))
		x := g.Input().Conv1x1(mid, 1).BatchNormAct(l.Activation)
		x = x.ConvKxK(mid, 3, l.Stride, 1, 1).BatchNormAct(l.Activation)
		return x.Conv1x1(l.Out, 1).BatchNorm(), nil
	},
}

func settings() (nse.Settings, error) {
	s, err := nse.QuickSettings()
	s.Search.Method = methods.NSE
	s.CheckpointSeconds = 0.01
	s.Data.Spec, s.Data.Size, s.Data.HeldOut = "generated:120", 8, 0.2
	s.Macro = supernet.Macro{StemStride: 1, Channels: []int{4, 8}, Layers: "N R N", Head: 8}
	s.Search.K, s.Search.MaxRounds, s.Search.TrainSteps = 3, 2, 60
	s.Search.Fitness.LR, s.Search.Fitness.Beta1 = 0.1, 0.9
	s.Search.Constraint = evolve.ConstraintConfig{Tau: 0.1, Width: 0.99, Alpha: 0.1, Beta: 2}
	s.Search.Front = evolve.FrontConfig{Samples: 12, Attempts: 100}
	s.Train.Batch, s.Score.Batch, s.Score.Images = 12, 24, 48
	s.Retrain.Epochs, s.Retrain.Batch = 1, 12
	return s, err
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("want: start|continue|retrain RUN POOLS")
	}
	if err := errors.Join(run(os.Args[1], os.Args[2], os.Args[3]), childless()); err != nil {
		log.Fatal(err)
	}
}

func run(step, dir, pools string) error {
	ctx, o := context.Background(), nse.Options{Ops: []sdk.Op{bottleneck}}
	switch step {
	case "start":
		return start(ctx, dir, pools, o)
	case "continue":
		r, err := nse.Continue(ctx, dir, nse.Pool{File: filepath.Join(pools, "second.toml")}, 1, o)
		if err != nil {
			return err
		}
		return show(r)
	}
	models, err := nse.Retrain(ctx, dir, nse.RetrainOptions{Pick: "front-1", MACs: 20_000}, o)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d of 1 models\n", models[0].Model.Name, len(models))
	e := nse.ExportOptions{ONNX: filepath.Join(dir, "front-1.onnx"), Normalise: true}
	return nse.Export(ctx, models[0].Dir, e, o)
}

// start starts the search, or resumes it where there is a run.
func start(ctx context.Context, dir, pools string, o nse.Options) error {
	r, err := nse.Resume(ctx, dir, o)
	if errors.Is(err, nse.ErrNoRun) {
		s, err := settings()
		if err != nil {
			return err
		}
		pool := nse.Pool{File: filepath.Join(pools, "first.toml"), Ops: []sdk.Op{bottleneck}}
		if r, err = nse.Start(ctx, dir, pool, s, o); err != nil {
			return err
		}
		return show(r)
	}
	if err != nil {
		return err
	}
	return show(r)
}

func show(r *nse.Run) error {
	defer r.Close()
	front, err := r.Front()
	if err != nil {
		return err
	}
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	history, err := r.History()
	if err != nil {
		return err
	}
	fmt.Printf("%d rounds, %d operations, front of round %d\n", len(rounds), len(history), front.Round)
	return nil
}
