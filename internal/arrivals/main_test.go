package arrivals

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/serve"
	"github.com/nse-dev/nse/supernet"
)

// The test binary is its own plugin.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "plugin" {
		serve.Main(operation("served"))
		return
	}
	goleak.VerifyTestMain(m)
}

// hand is a clock that a test moves.
type hand struct {
	mu    sync.Mutex
	at    time.Time
	waits map[chan time.Time]time.Time
	asked chan time.Duration // how long somebody waits, in order
}

func newHand() *hand {
	return &hand{at: time.Unix(1_600_000_000, 0), waits: map[chan time.Time]time.Time{},
		asked: make(chan time.Duration, 100)}
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) after(d time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	h.mu.Lock()
	h.waits[ch] = h.at.Add(d)
	h.mu.Unlock()
	h.move(0)
	h.asked <- d
	return ch
}

// move lets time pass.
func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
	maps.DeleteFunc(h.waits, func(ch chan time.Time, end time.Time) bool {
		over := !end.After(h.at)
		if over {
			ch <- h.at
		}
		return over
	})
}

// await returns when somebody waits that long.
func (h *hand) await(t *testing.T, d time.Duration) {
	t.Helper()
	for {
		select {
		case got := <-h.asked:
			if got == d {
				return
			}
		case <-time.After(time.Minute):
			t.Fatalf("nobody waits for %v", d)
		}
	}
}

// put writes a program or a pool file that was changed now.
func (h *hand) put(t *testing.T, path, text string) {
	t.Helper()
	h.putMode(t, path, text, 0o755)
}

func (h *hand) putMode(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode),
		os.Chtimes(path, h.now(), h.now()))
	if err != nil {
		t.Fatal(err)
	}
}

// operation is one of this program.
func operation(name string) sdk.Op {
	return sdk.Op{Name: name, Build: func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().ConvKxK(l.Out, 3, l.Stride, 1, 1).BatchNorm(), nil
	}}
}

// listing is a pool file with operations of this program.
func listing(names ...string) string {
	var ops []sdk.Op
	for _, name := range names {
		ops = append(ops, operation(name))
	}
	return string(registry.WithOps(nil, ops...))
}

// options have every operation whose name begins with own.
func options() registry.Options {
	o := registry.Options{StartTimeout: time.Minute, CallTimeout: time.Minute}
	o.InProcess = func(name string) (sdk.Op, bool) {
		return operation(name), strings.HasPrefix(name, "own")
	}
	return o
}

// bed is a run with the operation own, and what comes to it.
type bed struct {
	*Arrivals
	*hand
	dir     string // holds the run and the folder watched
	watched string

	mu    sync.Mutex
	lines []string      // what was said, warnings marked
	told  chan struct{} // gets one for each line
}

// newBed makes a bed. The watch gets a folder watched and the file ops.toml, in which own stands.
func newBed(t *testing.T) *bed {
	t.Helper()
	b := &bed{hand: newHand(), dir: t.TempDir(), told: make(chan struct{}, 100)}
	t.Setenv(registry.CacheVariable, filepath.Join(b.dir, "cache"))
	b.watched = filepath.Join(b.dir, "watched")
	if err := os.Mkdir(b.watched, 0o755); err != nil {
		t.Fatal(err)
	}
	pool := runs.Pool{Kind: runs.Start, Round: 1, Dir: b.dir, Source: filepath.Join(b.dir, "ops.toml"),
		Text: []byte(listing("own"))}
	b.put(t, pool.Source, string(pool.Text))
	from := Sources{Dirs: []string{b.watched}, Follow: true}
	w, err := WatchFrom(pool, nil, from, func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	opened, err := registry.Parse(t.Context(), pool.Source, pool.Text, b.dir, options())
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	c, err := catalog.LayOut(t.Context(), opened.Ops, skeleton(t), catalog.Pricing{})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := c.Stored(opened.Ops, 0)
	if err != nil {
		t.Fatal(err)
	}
	begin := runs.Beginning{Info: runs.Info{Image: image, ConfigHash: file.Sum(nil)}, Pool: pool, Ops: stored}
	r, err := runs.Create(filepath.Join(b.dir, "run"), begin, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	b.attach(t, r, c, w)
	return b
}

var image = supernet.Input{Height: 8, Width: 8, Channels: 3, Classes: 10}

func skeleton(t *testing.T) supernet.Skeleton {
	t.Helper()
	s, err := supernet.Macro{StemStride: 1, Channels: []int{4, 8}, Layers: "N R", Head: 8}.Skeleton(image)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// attach begins to take what comes for a run.
func (b *bed) attach(t *testing.T, r *runs.Run, c *catalog.Catalog, w Watch) {
	w.clock = clock{b.now, b.after}
	b.Arrivals = New(r, c, options(), w, func() int { return 2 }, b.hear)
	t.Cleanup(b.Close)
}

func (b *bed) hear(warning bool, line string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if warning {
		line = "warning: " + line
	}
	b.lines = append(b.lines, line)
	b.told <- struct{}{}
}

// said returns what was said since the last call.
func (b *bed) said() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}

// says wants exactly these lines to have been said since the last look, with $DIR for the folder.
func (b *bed) says(t *testing.T, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "$DIR", b.dir)
	}
	if got := b.said(); !slices.Equal(got, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// take returns the names of what has come, without waiting for more.
func (b *bed) take(t *testing.T) []string {
	t.Helper()
	list, err := b.Take(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	return namesOf(list)
}

func namesOf(list []evolve.Candidate) (names []string) {
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// comes wants these operations to have come.
func (b *bed) comes(t *testing.T, want ...string) {
	t.Helper()
	if got := b.take(t); !slices.Equal(got, want) {
		t.Errorf("%v came, want %v", got, want)
	}
}

// lookingOut looks beside the search, after notices alone, until the returned function is called.
func (b *bed) lookingOut(t *testing.T, notices chan error) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looking.Go(func() { b.lookOut(ctx, nil, notices) })
	return func() {
		cancel()
		looking.Wait()
	}
}

// hears lets time pass until a line is said.
func (b *bed) hears(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); b.move(settle) {
		select {
		case <-b.told:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("nothing is said")
}

func complete(path string) string {
	return fmt.Sprintf("%s is complete: 1 operation joins the pending lists at the next replenishment", path)
}
