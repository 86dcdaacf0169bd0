package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/arrivals"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
	"github.com/nse-dev/nse/sdk"
)

// numbered is a family of its own for each number.
func numbered(n string) sdk.Op {
	op := box()
	op.Name = "box" + n
	op.Attrs = nil
	op.Build = func(g *sdk.Graph, l sdk.Layer, _ sdk.Attrs) (sdk.Tensor, error) {
		return g.Input().ConvKxK(l.Out, 3, l.Stride, 1, 1).BatchNorm(), nil
	}
	return op
}

// TestSlowCopies copies plugins into a watched folder while a search runs, a few bytes every 10 ms. None may be
// executed before it is complete; each is pending from the next replenishment on, and used later. NSE_COPIES is their
// number (default 12).
func TestSlowCopies(t *testing.T) {
	copies := 12
	if n, err := strconv.Atoi(os.Getenv("NSE_COPIES")); err == nil {
		copies = n
	}
	f := follow(t)
	half := filepath.Join(f.dir, "half")
	complete := make([]time.Time, copies)
	sums := make([]string, copies)
	lanes := pool.New().WithMaxGoroutines(8).WithErrors()
	for i := range copies {
		lanes.Go(func() error {
			text := fmt.Sprintf("#!/bin/sh\ngrep -q '^# complete$' \"$0\" || echo %d >>'%s'\n"+
				"exec nse-numbered %d\n%s# complete\n", i, half, i, strings.Repeat("# padding\n", 40))
			sums[i] = sumText(text)
			err := slowly(f.copied(i), text, i%2 == 0)
			complete[i] = time.Now()
			return err
		})
	}
	if err := lanes.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range copies {
		f.await(t, fmt.Sprintf("\nbox%d came from", i))
	}
	f.awaitAfter(t, " came from ", waiting)
	f.interrupt(t)
	if text, err := os.ReadFile(half); err == nil {
		t.Errorf("executed before they were complete: %s", text)
	}
	if strings.Contains(f.stderr.String(), "warning") {
		t.Error(f.stderr)
	}
	f.checkArrivals(t, complete, sums)
}

// copied is the path of a plugin of TestSlowCopies.
func (f *following) copied(i int) string {
	return filepath.Join(f.dir, "watched", fmt.Sprint("plugin-", i))
}

// slowly writes a file, in steps of 10 ms, and keeps it open meanwhile or not.
func slowly(path, text string, open bool) error {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	file, err := os.OpenFile(path, flags, 0o755)
	for part := range slices.Chunk([]byte(text), 16) {
		if err == nil {
			_, err = file.Write(part)
		}
		if err == nil && !open {
			if err = file.Close(); err == nil {
				file, err = os.OpenFile(path, flags, 0o755)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	return file.Close()
}

func sumText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// checkArrivals compares what the run recorded with the moments at which plugins were complete.
func (f *following) checkArrivals(t *testing.T, complete []time.Time, sums []string) {
	r, err := runs.Read(f.run())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	arrived := map[string]runs.Event{} // by operation
	arrivals, err := r.Events(evolve.Arrived{}.Kind())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range arrivals {
		var body evolve.Arrived
		if err := json.Unmarshal(e.Body, &body); err != nil {
			t.Fatal(err)
		}
		for _, name := range body.Names {
			arrived[name] = e
		}
	}
	retrieved, err := r.Events(evolve.FrontRetrieved{}.Kind())
	if err != nil {
		t.Fatal(err)
	}
	ops, err := r.Ops()
	if err != nil {
		t.Fatal(err)
	}
	pools, err := r.Pools()
	if err != nil {
		t.Fatal(err)
	}
	rounds, err := r.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	unused := 0
	for i, done := range complete {
		name := fmt.Sprint("box", i)
		e, ok := arrived[name]
		at := slices.IndexFunc(ops, func(op runs.Op) bool { return op.Name == name })
		if !ok || at < 0 {
			t.Errorf("%s never came", name)
			continue
		}
		for _, front := range retrieved { // it was written before the round's replenishment began
			if front.Time.After(done) && front.Round < e.Round {
				t.Errorf("%s, complete at %v, did not come with the replenishment after %v, in round %d",
					name, done, front.Time, front.Round)
			}
		}
		p := pools[ops[at].Pool]
		if ops[at].Checksum != sums[i] || p.Kind != runs.Arrived || p.Source != f.copied(i) || p.Round != e.Round+1 {
			t.Errorf("%s: recorded as %+v of %+v in round %d", name, ops[at].Checksum, p, e.Round)
		}
		if !slices.ContainsFunc(rounds,
			func(x runs.Round) bool { return slices.Contains(slices.Concat(x.Subset...), name) }) {
			unused++
		}
	}
	if unused > 2 { // as many as wait for a third when the search does
		t.Errorf("%d operations of %d were never in a subset", unused, len(complete))
	}
}

// TestOperationsComeFromPoolFileFolderAndCommand follows a search through all ways by which operations come.
func TestOperationsComeFromPoolFileFolderAndCommand(t *testing.T) {
	f := follow(t)
	f.await(t, waiting)
	ops := filepath.Join(f.dir, "ops.toml")
	write(t, ops, "watch = [\"watched\"]\n"+killPool+"[[plugin.op]]\nname = \"mbconv\"\nkernel = 7\nexpand = 1\n")
	f.await(t, "mbconv-k7-e1 came from "+ops)

	listed := filepath.Join(f.dir, "watched/listed.toml")
	write(t, listed, "[[plugin]]\nbuiltin = \"shuffle\"\n[[plugin.op]]\nname = \"shuffle\"\nkernel = [3, 5]\n")
	f.await(t, "shuffle-k5 came from "+listed)

	write(t, filepath.Join(f.dir, "watched/broken"), "#!/bin/sh\necho hello\n")
	f.await(t, "warning: "+f.dir+"/watched/broken is not taken: plugin \"broken\" printed \"hello\" where the "+
		"handshake belongs")
	plugin := filepath.Join(f.dir, "watched/plugin")
	write(t, plugin, "#!/bin/sh\nexec nse-numbered 9\n")
	f.await(t, "box9 came from "+plugin)

	one := filepath.Join(f.dir, "one")
	write(t, one, "#!/bin/sh\nexec nse-numbered 1\n")
	want := "box1\n1 operation joins the pending list of every layer of " + f.run() + " at its next replenishment\n"
	if out := command(t, 0, "ops", "add", f.run(), one); out != want {
		t.Errorf("ops add: %s", out)
	}
	f.await(t, "box1 came from "+one)
	want = "nse: " + f.run() + ": the run knows all operations of " + one + " already: box1\n"
	if out := command(t, 1, "ops", "add", f.run(), one); out != want {
		t.Errorf("ops add again: %s", out)
	}
	f.interrupt(t)
	if strings.Contains(f.stderr.String(), "watched/old") {
		t.Errorf("what lay in the folder before came: %s", f.stderr)
	}

	two := filepath.Join(f.dir, "two")
	write(t, two, "#!/bin/sh\nexec nse-numbered 2\n")
	command(t, 0, "ops", "add", f.run(), two)
	f.start(t, "resume", f.run(), "--follow")
	f.await(t, "box2 came from "+two)
	three := filepath.Join(f.dir, "three")
	write(t, three, "#!/bin/sh\nexec nse-numbered 3\n")
	if err := os.Symlink(three, filepath.Join(f.dir, "watched/link")); err != nil {
		t.Fatal(err)
	}
	f.await(t, "box3 came from "+f.dir+"/watched/link")
	f.awaitAfter(t, "box3 came from ", waiting)
	f.interrupt(t)

	if out := command(t, 0, "resume", f.run()); !strings.Contains(out, "cannot be refilled: no operation is pending") {
		t.Errorf("the end: %s", out)
	}
	want = "has finished: go on with nse continue " + f.run() + " --pool FILE"
	if out := command(t, 1, "ops", "add", f.run(), two); !strings.Contains(out, want) {
		t.Errorf("ops add at the end: %s", out)
	}
}

// TestArrivalsOutliveTheirSearch stops a search, and kills it, in the round in which a plugin came: the next
// replenishment takes it all the same.
func TestArrivalsOutliveTheirSearch(t *testing.T) {
	f := followWith(t, strings.Replace(followConfig, "train_steps = 2", "train_steps = 1000000", 1))
	f.await(t, "round 1: ")
	one := filepath.Join(f.dir, "watched/one")
	write(t, one, "#!/bin/sh\nexec nse-numbered 1\n")
	complete := "\n" + one + " is complete: 1 operation joins the pending lists at the next replenishment\n"
	f.await(t, complete)
	f.interrupt(t)
	f.start(t, "resume", f.run())
	f.await(t, complete)
	if err := f.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = f.cmd.Wait()
	f.start(t, "resume", f.run())
	f.await(t, complete)
	f.interrupt(t)
}

// TestNothingComesFromWhereTheUserNeverSaid resumes a run on a machine on which its pool was never named.
func TestNothingComesFromWhereTheUserNeverSaid(t *testing.T) {
	f := follow(t)
	f.await(t, waiting)
	f.interrupt(t)
	t.Setenv(registry.CacheVariable, filepath.Join(f.dir, "another"))
	executed := filepath.Join(f.dir, "executed")
	f.start(t, "resume", f.run(), "--follow")
	f.await(t, "warning: "+f.dir+"/watched is not watched: it was never named on this machine "+
		"(nse resume "+f.run()+" --watch "+f.dir+"/watched)\n")
	f.await(t, waiting)
	spy := "#!/bin/sh\n>>'" + executed + "'\nexec nse-numbered 1\n"
	spied := "[[plugin]]\npath = \"watched/spy\"\nsha256 = \"" + sumText(spy) + "\"\n[[plugin.op]]\nname = \"box1\"\n"
	writeOld(t, filepath.Join(f.dir, "watched/spy"), spy)
	writeOld(t, filepath.Join(f.dir, "ops.toml"), killPool+spied)
	for _, source := range []string{"elsewhere.toml", "again.toml"} { // the second look comes after all of the first
		if _, err := arrivals.Leave(f.run(), runs.Pool{Dir: f.dir, Source: source, Text: []byte(spied)}); err != nil {
			t.Fatal(err)
		}
		f.await(t, `.json is not taken: `+source+`:2:8: plugin "watched/spy": there is no copy of it in `)
	}
	f.interrupt(t)
	if _, err := os.Stat(executed); err == nil || strings.Contains(f.stderr.String(), "came from") {
		t.Errorf("a plugin of a folder that was never named was executed: %s", f.stderr)
	}
	f.start(t, "resume", f.run(), "--follow", "--watch", filepath.Join(f.dir, "watched"))
	f.await(t, waiting)
	if err := os.Rename(filepath.Join(f.dir, "watched/spy"), filepath.Join(f.dir, "watched/renamed")); err != nil {
		t.Fatal(err)
	}
	f.await(t, "box1 came from "+f.dir+"/watched/renamed")
	f.interrupt(t)
}

// command runs nse and returns what it prints.
func command(t *testing.T, status int, args ...string) string {
	t.Helper()
	cmd := exec.Command("nse", args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("nse %s: exit status %d, want %d: %s", strings.Join(args, " "), got, status, out)
	}
	return string(out)
}
