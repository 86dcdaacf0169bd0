package runs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
)

const killed = 77 // exit status of a process that died at its step

// TestMain also serves as the process that dies: with NSE_TEST_KILL it writes the run in NSE_TEST_DIR and exits
// before its durable write of that number.
func TestMain(m *testing.M) {
	at, err := strconv.Atoi(os.Getenv("NSE_TEST_KILL"))
	if err != nil {
		os.Exit(m.Run())
	}
	if err := writeAll(os.Getenv("NSE_TEST_DIR"), at); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// writeAll starts or continues a run of three checkpoints of two rows each, and dies before write number at.
func writeAll(dir string, at int) error {
	open := Open
	if !Exists(dir) {
		open = func(dir string, now clock) (*Run, error) { return Create(dir, start(), now) }
	}
	r, err := open(dir, fixed)
	if err != nil {
		return err
	}
	defer r.Close()
	r.step = func(string) {
		if at--; at == 0 {
			os.Exit(killed)
		}
	}
	last, err := r.Last()
	if err != nil {
		return err
	}
	from := 0
	if last.State != nil {
		if from, err = strconv.Atoi(string(last.State)); err != nil {
			return err
		}
	}
	for i := from; i < 3; i++ {
		if err := writeOne(r, i); err != nil {
			return err
		}
	}
	return nil
}

func writeOne(r *Run, i int) error {
	label := fmt.Sprintf("round-%d", i+1)
	ops := [][]string{{"a"}}
	r.AddEvent(Event{Seq: i, Round: i + 1, Kind: "round", Body: []byte("{}")})
	r.SetLedger(Ledger{i + 1, evolve.Ledger{TrainImages: int64(i), Forward: 1e14, Alone: 5}, float64(i)})
	return errors.Join(
		r.AddRound(Round{Round: i + 1, SubsetSize: "8", Subset: ops}),
		r.AddArchitecture(i+1, 0, Architecture{Ops: ops, Cost: float64(i), Accuracy: float64(i+1) / 4, Role: Sampled}),
		r.SetFront(i+1, [][][]string{ops}, 0.5, nil), r.SetKept(i+1, ops),
		r.Checkpoint(Checkpoint{Label: label, State: []byte(strconv.Itoa(i + 1)), Done: i == 2},
			func(path string) error {
				return file.Write(path, []byte(label))
			}))
}

func TestKilledBeforeAnyWriteEndsWithTheSameRows(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "run")
	if err := writeAll(whole, 0); err != nil {
		t.Fatal(err)
	}
	want := contents(t, whole)
	for at := 1; ; at++ {
		dir := filepath.Join(t.TempDir(), "run")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "NSE_TEST_DIR="+dir, fmt.Sprint("NSE_TEST_KILL=", at))
		out, err := cmd.CombinedOutput()
		if err == nil {
			if at <= 3*12 {
				t.Fatalf("the run has only %d writes", at-1)
			}
			return
		}
		if cmd.ProcessState.ExitCode() != killed {
			t.Fatalf("write %d: %v: %s", at, err, out)
		}
		if err := writeAll(dir, 0); err != nil {
			t.Fatalf("resumed after a kill before write %d: %v", at, err)
		}
		if got := contents(t, dir); got != want {
			t.Fatalf("killed before write %d:\n%s\nwant\n%s", at, got, want)
		}
	}
}

// contents is all of a run that must not depend on kills.
func contents(t *testing.T, dir string) (text string) {
	t.Helper()
	r, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, table := range []string{"rounds", "architectures", "events", "checkpoint", "ops", "run", "ledger"} {
		columns := columnsBut(t, r, table, "time")
		err := r.query("SELECT json_array("+columns+") FROM "+table, func(scan scanner) error {
			var line string
			err := scan(&line)
			text += table + " " + line + "\n"
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text += filepath.Base(f) + "\n"
		if data, err := os.ReadFile(f); err == nil && filepath.Ext(f) != ".db" {
			text += string(data) + "\n"
		}
	}
	return text
}

func columnsBut(t *testing.T, r *Run, table, but string) (list string) {
	t.Helper()
	err := r.query("SELECT name FROM pragma_table_info(?)", func(scan scanner) error {
		var name string
		err := scan(&name)
		if name != but {
			list += ", " + name
		}
		return err
	}, table)
	if err != nil {
		t.Fatal(err)
	}
	return list[2:]
}
