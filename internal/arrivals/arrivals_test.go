package arrivals

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nse-dev/nse/internal/catalog"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
)

// Operations come from the pool file, from a folder and from the inbox, in the order of the look that finds them, and
// the run has them from then on.
func TestWaysOfComing(t *testing.T) {
	b := newBed(t)
	b.comes(t)
	p := runs.Pool{Dir: b.dir, Source: filepath.Join(b.dir, "left.toml"), Text: []byte(listing("own-left"))}
	left, err := Leave(b.run.Dir, p)
	if err != nil {
		t.Fatal(err)
	}
	b.put(t, filepath.Join(b.dir, "ops.toml"), listing("own", "own-pool"))
	b.put(t, filepath.Join(b.watched, "folder.toml"), listing("own-folder"))
	b.move(settle)
	b.comes(t, "own-left", "own-pool", "own-folder")
	b.says(t, complete("$DIR/left.toml"), complete("$DIR/ops.toml"), complete("$DIR/watched/folder.toml"),
		"own-left came from $DIR/left.toml",
		"own-pool came from $DIR/ops.toml", "own-folder came from $DIR/watched/folder.toml")
	if _, err := os.Stat(left); err != nil {
		t.Errorf("before a checkpoint has it: %v", err)
	}
	b.comes(t)
	if files := regular(b.watch.inbox); files != nil {
		t.Errorf("after one: the inbox has %v", files)
	}
}

// A file that cannot be taken is named with the reason, once.
func TestRefusals(t *testing.T) {
	b := newBed(t)
	b.put(t, filepath.Join(b.watched, "wrong.toml"), listing("other"))
	b.putMode(t, filepath.Join(b.watched, "readme"), "no program", 0o644)
	b.putMode(t, filepath.Join(b.watched, "li\ncense"), "no program", 0o644)
	b.move(settle)
	b.comes(t)
	b.says(t, `warning: "$DIR/watched/li\ncense" is not taken: `+errNotOurs.Error(),
		"warning: $DIR/watched/readme is not taken: "+errNotOurs.Error(),
		"warning: $DIR/watched/wrong.toml is not taken: "+
			`$DIR/watched/wrong.toml:3:11: plugin "other" is not built into this program`)
	b.put(t, filepath.Join(b.watched, "wrong.toml"), listing("other")+"# again\n")
	b.move(settle)
	b.comes(t)
	b.says(t)
	b.put(t, filepath.Join(b.watched, "wrong.toml"), listing("own-right"))
	b.move(settle)
	b.comes(t, "own-right")
}

// A pool file that comes before its plugin is refused, and taken once the plugin is what it says.
func TestPoolFileBeforeItsPlugin(t *testing.T) {
	b := newBed(t)
	script := "#!/bin/sh\nexec '" + os.Args[0] + "' plugin\n"
	b.put(t, filepath.Join(b.watched, "nine"), script[:len(script)/2])
	b.put(t, filepath.Join(b.watched, "nine.toml"),
		"[[plugin]]\npath = \"nine\"\nsha256 = \""+file.Sum([]byte(script))+"\"\n[[plugin.op]]\nname = \"served\"\n")
	b.move(settle)
	b.comes(t)
	const blame = `nine.toml:2:8: plugin "nine": the binary's sha256 is `
	if got := b.said(); len(got) != 1 || !strings.Contains(got[0], blame) {
		t.Errorf("said %q", got)
	}
	b.put(t, filepath.Join(b.watched, "nine"), script)
	b.move(settle)
	b.comes(t, "served")
}

// A program that comes alone offers each of its families.
func TestProgramsCome(t *testing.T) {
	b := newBed(t)
	b.put(t, filepath.Join(b.watched, "program"), "#!/bin/sh\nexec '"+os.Args[0]+"' plugin\n")
	b.put(t, filepath.Join(b.watched, "silent"), "#!/bin/sh\necho hello\n")
	b.move(settle)
	b.comes(t, "served")
	if got := b.said(); len(got) != 3 || got[0] != complete(b.watched+"/program") ||
		!strings.Contains(got[1], `plugin "silent" printed "hello" where the handshake belongs`) {
		t.Errorf("said %q", got)
	}
}

// Of two files with the same operation, the first counts.
func TestSameOperationTwice(t *testing.T) {
	b := newBed(t)
	b.put(t, filepath.Join(b.watched, "a.toml"), listing("own-new"))
	b.put(t, filepath.Join(b.watched, "b.toml"), listing("own-new"))
	b.put(t, filepath.Join(b.watched, "known.toml"), listing("own"))
	b.move(settle)
	b.comes(t, "own-new")
	b.says(t, complete("$DIR/watched/a.toml"), complete("$DIR/watched/b.toml"), "own-new came from $DIR/watched/a.toml",
		"warning: $DIR/watched/b.toml is not taken: it has operations of the same names as another arrival")
}

// A file of the inbox that is damaged is not taken. Neither is one whose plugin was never accepted on this machine.
func TestInboxFilesThatAreNotTaken(t *testing.T) {
	b := newBed(t)
	path, err := Leave(b.run.Dir, runs.Pool{Dir: b.dir, Source: "left.toml", Text: []byte(listing("own-left"))})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	b.put(t, path, string(text))
	spy := "#!/bin/sh\n>>'" + filepath.Join(b.dir, "executed") + "'\n"
	b.put(t, filepath.Join(b.dir, "spy"), spy)
	spied := "[[plugin]]\npath = \"spy\"\nsha256 = \"" + file.Sum([]byte(spy)) + "\"\n[[plugin.op]]\nname = \"box\"\n"
	_, err = Leave(b.run.Dir, runs.Pool{Dir: b.dir, Source: "elsewhere.toml", Text: []byte(spied)})
	if err != nil {
		t.Fatal(err)
	}
	b.comes(t)
	got := b.said()
	const damaged = " is not taken: it is not what nse wrote: remove it, and add its operations again"
	if len(got) != 2 || !strings.HasSuffix(got[0], damaged) ||
		!strings.Contains(got[1], `is not taken: elsewhere.toml:2:8: plugin "spy": there is no copy of it in `) {
		t.Errorf("said %q", got)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "executed")); err == nil {
		t.Error("it was executed")
	}
}

// taking is a Take that waits for operations.
func (b *bed) taking(ctx context.Context) chan error {
	result := make(chan error, 1)
	go func() {
		list, err := b.Take(ctx, true)
		if names := namesOf(list); err == nil && !slices.Equal(names, []string{"own-late"}) {
			err = errors.New(strings.Join(names, " ") + " came")
		}
		result <- err
	}()
	return result
}

// A search without pending operations says that it waits, once, and goes on with what comes.
func TestWaiting(t *testing.T) {
	b := newBed(t)
	result := b.taking(t.Context())
	for range 3 {
		b.await(t, settle/2)
		b.move(settle / 2)
	}
	b.await(t, settle/2)
	late := runs.Pool{Dir: b.dir, Source: "late.toml", Text: []byte(listing("own-late"))}
	if _, err := Leave(b.run.Dir, late); err != nil {
		t.Fatal(err)
	}
	b.move(settle / 2)
	if err := <-result; err != nil {
		t.Error(err)
	}
	b.says(t, "no operation is pending: waiting for more (nse ops add $DIR/run FILE; Ctrl-C stops)",
		complete("late.toml"), "own-late came from late.toml")

	ctx, cancel := context.WithCancel(t.Context())
	result = b.taking(ctx)
	b.await(t, settle/2)
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	b.watch.Wait = false
	if list, err := b.Take(t.Context(), true); list != nil || err != nil {
		t.Errorf("without Follow: %v, %v", list, err)
	}
}

// Without notices of changes, a look comes every rescan. It comes a settling time after one that found something
// unfinished.
func TestRescans(t *testing.T) {
	b := newBed(t)
	end := b.lookingOut(t, nil)
	b.await(t, rescan)
	b.put(t, filepath.Join(b.watched, "late.toml"), listing("own-late"))
	b.move(settle)
	b.put(t, filepath.Join(b.watched, "later.toml"), listing("own-later"))
	b.move(rescan - settle - 1)
	b.put(t, filepath.Join(b.watched, "last.toml"), listing("own-last"))
	b.says(t)
	b.move(1)
	b.await(t, settle)
	b.says(t, complete("$DIR/watched/late.toml"), complete("$DIR/watched/later.toml"))
	b.move(settle)
	b.await(t, rescan)
	end()
	b.says(t, complete("$DIR/watched/last.toml"))
	b.comes(t, "own-late", "own-later", "own-last")
}

// A notice of a change brings a look after the settling time. Further notices meanwhile bring none earlier or later.
func TestNotices(t *testing.T) {
	b := newBed(t)
	notices := make(chan error)
	end := b.lookingOut(t, notices)
	b.await(t, rescan)
	b.put(t, filepath.Join(b.watched, "late.toml"), listing("own-late"))
	notices <- nil
	b.await(t, settle)
	b.move(settle - 1)
	notices <- nil
	b.says(t)
	b.move(1)
	b.await(t, rescan)
	end()
	b.says(t, complete("$DIR/watched/late.toml"))
}

// Begin sees what comes by the notices of the system, or by the rescan.
func TestBegin(t *testing.T) {
	b := newBed(t)
	end, err := b.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.await(t, rescan)
	late := runs.Pool{Dir: b.dir, Source: "late.toml", Text: []byte(listing("own-late"))}
	if _, err := Leave(b.run.Dir, late); err != nil {
		t.Fatal(err)
	}
	b.hears(t)
	end()
	b.says(t, complete("late.toml"))
}

// What was checked before a search is stopped waits in the inbox for the search that goes on.
func TestArrivalsOutliveTheirSearch(t *testing.T) {
	b := newBed(t)
	path := filepath.Join(b.watched, "late.toml")
	b.put(t, path, listing("own-late"))
	b.move(settle)
	if found, unsettled := b.look(t.Context(), false); !found || unsettled {
		t.Fatal(found, unsettled)
	}
	b.says(t, complete(path))
	known, err := b.run.Ops()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Recalled(b.run, known, skeleton(t), catalog.Pricing{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := WatchAgain(b.run, Sources{}, func(line string) { t.Error(line) })
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	b.attach(t, b.run, c, w)
	b.comes(t, "own-late")
	b.says(t, complete(path), "own-late came from "+path)
}

// Operations that were left to come first are marked so, and those of one file are one line.
func TestOperationsThatComeFirst(t *testing.T) {
	b := newBed(t)
	b.comes(t)
	p := runs.Pool{Dir: b.dir, Source: filepath.Join(b.dir, "left.toml"), First: true,
		Text: []byte(listing("own-a", "own-b", "own-c", "own-d", "own-e"))}
	if _, err := Leave(b.run.Dir, p); err != nil {
		t.Fatal(err)
	}
	b.put(t, filepath.Join(b.watched, "folder.toml"), listing("own-last"))
	b.move(settle)
	came, err := b.Take(t.Context(), false)
	if err != nil || len(came) != 6 {
		t.Fatalf("%d came, %v", len(came), err)
	}
	for _, c := range came {
		if c.First != (c.Name != "own-last") {
			t.Errorf("%s: first is %v", c.Name, c.First)
		}
	}
	got := b.said()
	if !slices.Contains(got, "own-a, own-b, own-c and 2 more operations came from "+p.Source) {
		t.Errorf("said %q", got)
	}
}
