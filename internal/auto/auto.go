// Package auto goes from a data set to a tested and exported network in a given time. It plans a search from what the
// data and the machine are, searches, chooses among the best by training them at the budget, and trains the best one.
//
// What is decided from a clock is written to the run's folder before it is done. So a search that is stopped or killed
// goes on to the same bits.
package auto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
)

// Ask is what a person wants.
type Ask struct {
	Spec           string        `json:"data"`       // the data set
	Size           int           `json:"size"`       // of images in pixels; 0: what is wise
	SkipUnreadable bool          `json:"skip"`       // files that cannot be read
	Pool           string        `json:"pool"`       // file; empty: the operations that ship
	MACs           int64         `json:"macs"`       // budget for one image; 0: by the time
	Latency        time.Duration `json:"latency_ns"` // on this machine, of one image; 0: no bound
	Within         time.Duration `json:"within_ns"`  // for everything; 0: what the data need
	Seed           uint64        `json:"seed"`
}

// Outcome is what has become of it. Paths are those of files and folders.
type Outcome struct {
	Accuracy float64 `json:"accuracy"` // of the test images, 0..1
	MACs     int64   `json:"macs"`
	Params   int64   `json:"params"`
	Latency  float64 `json:"latency_ms,omitempty"` // of one image on this machine, where it was bounded
	Name     string  `json:"name"`
	Model    string  `json:"model"`
	ONNX     string  `json:"onnx,omitempty"` // empty, as PyTorch is, for a network that runs in plugins
	PyTorch  string  `json:"pytorch,omitempty"`
	Report   string  `json:"report"`
	Plan     string  `json:"plan"`
	Seconds  float64 `json:"seconds"`
}

// Names of files in the run's folder.
const (
	recordFile = "auto.json"
	planFile   = "plan.toml"
	reportFile = "report.html"
)

// Stopped says that an automatic search was stopped. The same call goes on with it, if Dir is its folder.
type Stopped struct {
	Dir string // of the run
	Err error
}

// Error says how to go on.
func (s *Stopped) Error() string {
	return fmt.Sprintf("stopped; the same command goes on with --out %s", text.Shell(s.Dir))
}

// Unwrap returns Err.
func (s *Stopped) Unwrap() error { return s.Err }

// record is what is decided, in the order in which it is.
type record struct {
	Ask     Ask      `json:"ask"`
	Facts   Facts    `json:"facts"`
	Plan    Plan     `json:"plan"`
	Version string   `json:"version"`
	Before  float64  `json:"seconds_before"` // the search began
	Used    float64  `json:"seconds"`        // when this was written
	Rungs   []chosen `json:"rungs,omitempty"`
	Last    *last    `json:"last,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
}

// chosen is what a rung trains.
type chosen struct {
	Epochs int    `json:"epochs"`
	List   []pick `json:"list"`
}

// pick is an architecture that is trained in a rung.
type pick struct {
	Name string `json:"name"`
	MACs int64  `json:"macs"` // at most
}

// last is the last training.
type last struct {
	pick
	Epochs int `json:"epochs"`
}

// auto is an automatic search under way.
type auto struct {
	ask      Ask
	dir      string
	options  nse.Options
	clock    func() time.Time
	pace     pacer
	began    time.Time // of this call
	used     float64   // seconds of earlier calls
	resumed  bool      // the pace of trainings was not seen in this call
	settings nse.Settings
	record   record
}

// Run plans and does everything, in the folder dir, or goes on with what was begun there. An empty dir makes the next
// free folder of nse.RunsFolder. A cancelled context is a *Stopped once the search has begun. o.Observe has to be set.
func Run(ctx context.Context, ask Ask, dir string, o nse.Options) (*Outcome, error) {
	a := &auto{ask: ask, dir: dir, options: o, clock: time.Now, pace: pace}
	return a.run(ctx)
}

func (a *auto) run(ctx context.Context) (*Outcome, error) {
	a.began = a.clock()
	r, err := a.searched(ctx)
	if err == nil {
		err = a.finish(ctx, r)
	}
	if cancelled := ctx.Err(); cancelled != nil && errors.Is(err, cancelled) && a.dir != "" && runs.Exists(a.dir) {
		return nil, &Stopped{a.dir, err}
	}
	return a.record.Outcome, err
}

// searched is the run once its search has ended.
func (a *auto) searched(ctx context.Context) (*nse.Run, error) {
	begun, err := a.reopen()
	if err != nil {
		return nil, err
	}
	o := a.options
	if !begun {
		if err := a.begin(ctx); err != nil {
			return nil, err
		}
		observe := o.Observe
		var failed error
		o.Observe = func(e nse.Event) {
			if s, started := e.(nse.Started); started {
				a.dir = s.Dir
				failed = a.write()
			}
			observe(e)
		}
		r, err := nse.Start(ctx, a.dir, a.pool(), a.settings, o)
		if err == nil && failed != nil {
			r.Close()
		}
		return r, cmp.Or(err, failed)
	}
	r, err := nse.Open(a.dir)
	if err != nil {
		return nil, err
	}
	_, ended, err := r.Ended()
	if err != nil || ended {
		return r, err
	}
	r.Close()
	return nse.Resume(ctx, a.dir, o)
}

// pool is the operations.
func (a *auto) pool() nse.Pool {
	if a.ask.Pool != "" {
		return nse.Pool{File: a.ask.Pool}
	}
	text, err := nse.Pools.ReadFile("ops.toml")
	if err != nil {
		panic(err) // it is embedded
	}
	return nse.Pool{Text: string(text)}
}

// opener opens pools and architectures.
func (a *auto) opener() architecture.Opener {
	host := a.options.Host
	if len(host.Self) == 0 { // operations that ship run in this process, as nse.Options has it
		host.InProcess = func(name string) (sdk.Op, bool) {
			op, err := plugins.Builtin(name)
			return op, err == nil
		}
	}
	return architecture.Opener{Shipped: nse.Pools, Plugins: host}
}

// reopen reads what was decided in the folder before. Another request is an error.
func (a *auto) reopen() (begun bool, err error) {
	if a.dir == "" || !runs.Exists(a.dir) {
		if a.dir == "" {
			return false, nil
		}
		return false, runs.Free(a.dir)
	}
	path := filepath.Join(a.dir, recordFile)
	kept, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("%s holds a run that nse auto has not begun: choose another --out",
			text.Printable(a.dir))
	}
	if err != nil {
		return false, err
	}
	if err := a.record.decode(path, kept); err != nil {
		return false, err
	}
	if d := a.record.Ask.differs(a.ask); d != "" {
		return false, fmt.Errorf("%s was begun with %s: give the same, or choose another --out",
			text.Printable(a.dir), d)
	}
	if v := a.record.Version; v != nse.Version() && a.record.Outcome == nil {
		return false, fmt.Errorf("%s was begun by nse %s, and this is %s: choose another --out", text.Printable(a.dir),
			v, nse.Version())
	}
	a.resumed, a.used = true, a.record.Before
	a.settings, err = runs.ConfigOf(a.dir)
	return true, err
}

// say tells a person something.
func (a *auto) say(format string, args ...any) {
	a.options.Observe(nse.Notice{Text: fmt.Sprintf(format, args...)})
}

// begin looks at the data, measures the machine, and plans.
func (a *auto) begin(ctx context.Context) error {
	s, err := nse.QuickSettings()
	if err != nil {
		return err
	}
	s.Seed, s.Data.Spec, s.Data.Size, s.Data.SkipUnreadable = a.ask.Seed, a.ask.Spec, a.ask.Size, a.ask.SkipUnreadable
	set, err := a.open(ctx, &s)
	if err != nil {
		return err
	}
	pool, err := a.opener().Pool(ctx, a.ask.Pool)
	if err != nil {
		return err
	}
	defer pool.Close()
	f := Facts{Images: set.Train.Len(), Input: supernet.InputOf(set), Written: written(set.Source)}
	macs, err := a.measure(ctx, &f, pool.Ops, set, s)
	if err != nil {
		return err
	}
	within, macs := f.budget(a.ask.Within, macs)
	n, err := middle(ctx, pool.Ops, f.Input, macs, s)
	if err != nil {
		return err
	}
	if a.ask.MACs == 0 && a.ask.Latency == 0 && a.ask.Within > 0 { // a short time has fewer epochs instead
		macs = max(macs, roomy*n.searched)
	}
	if err := n.check(macs); err != nil {
		return err
	}
	p, err := f.plan(within, macs, n.searched)
	if err != nil {
		return err
	}
	f.recipe(&s, p.Epochs)
	a.settings = f.settings(s, p, n.macro)
	a.record = record{Ask: a.ask, Facts: f, Plan: p, Version: nse.Version(), Before: a.since()}
	a.show()
	return nil
}

// since is the time that everything has taken, in seconds.
func (a *auto) since() float64 { return a.used + a.clock().Sub(a.began).Seconds() }

// open opens the data, with images of a wise size where none was asked for.
func (a *auto) open(ctx context.Context, s *nse.Settings) (*data.Set, error) {
	wise := func(median int) int { return side(median, a.ask.MACs) }
	set, err := s.OpenSized(ctx, wise, data.Paced(func(p data.Progress) { a.options.Observe(nse.Reading(p)) }))
	if err == nil {
		s.Data.Size = set.Height
	}
	return set, err
}

// write keeps what was decided, and the plan as a configuration.
func (a *auto) write() error {
	a.record.Used = a.since()
	kept, err := a.record.encode()
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(a.dir, planFile)); errors.Is(err, fs.ErrNotExist) {
		plan, err := a.explained()
		if err != nil {
			return err
		}
		if err := file.Write(filepath.Join(a.dir, planFile), plan); err != nil {
			return err
		}
	}
	return file.Write(filepath.Join(a.dir, recordFile), kept)
}
