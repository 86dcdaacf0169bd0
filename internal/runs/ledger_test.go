package runs

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
)

func TestLedgerComesBack(t *testing.T) {
	r := create(t)
	none, err := r.Ledger()
	same(t, "before a checkpoint", none, err, Ledger{})
	first := Ledger{1, evolve.Ledger{TrainImages: math.MaxInt64, Forward: 1. / 3, Backward: 1e22, Fitness: 2,
		Calibration: 3, Scoring: 4, Alone: 5}, 1.5}
	second := Ledger{2, evolve.Ledger{TrainImages: 7}, 2.5}
	r.SetLedger(Ledger{Round: 2})
	for _, l := range []Ledger{second, first} {
		r.SetLedger(l)
	}
	if err := r.Checkpoint(Checkpoint{Label: "x", State: []byte("{}")},
		func(path string) error { return file.Write(path, nil) }); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if r, err = Open(r.Dir, fixed); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list, err := r.Ledgers()
	same(t, "by round", list, err, []Ledger{first, second})
	last, err := r.Ledger()
	same(t, "the last", last, err, second)
}

// older makes the database of a run one of an older version.
func older(t *testing.T, r *Run, version int) {
	t.Helper()
	r.Close()
	if version < ledgerVersion {
		execute(t, r.Dir, "DROP TABLE ledger")
	}
	execute(t, r.Dir, fmt.Sprintf("DROP TABLE images; PRAGMA user_version = %d", version))
	db, err := database.Open(r.Dir+"/"+dbFile, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeSum(tx, rest, otherRowsOf(version)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// A run of an older version is read as it is, and becomes one of this version when it is written.
func TestRunsOfOlderVersions(t *testing.T) {
	for version := oldestVersion; version < schemaVersion; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) { testOlder(t, version) })
	}
}

func testOlder(t *testing.T, version int) {
	r := create(t)
	if err := writeOne(r, 0); err != nil {
		t.Fatal(err)
	}
	older(t, r, version)
	before := files(t, r.Dir)
	old, err := Read(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	rounds, err := old.Rounds()
	images, err2 := old.Images()
	if ledger, err3 := old.Ledger(); errors.Join(err, err2, err3) != nil || len(rounds) != 1 ||
		version < ledgerVersion && ledger != (Ledger{}) || images.Rows != nil {
		t.Errorf("%d rounds, %v, ledger %+v, %v, images %v, %v", len(rounds), err, ledger, err3, images, err2)
	}
	old.Close()
	if string(files(t, r.Dir)[dbFile]) != string(before[dbFile]) {
		t.Error("reading changed the database")
	}
	if r, err = Open(r.Dir, fixed); err == nil {
		err = writeOne(r, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if r, err = Open(r.Dir, fixed); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	list, err := r.Ledgers()
	rounds, err2 = r.Rounds()
	last := list[max(len(list), 1)-1]
	if err != nil || err2 != nil || len(rounds) != 2 || last.Round != 2 || version < ledgerVersion && len(list) != 1 {
		t.Errorf("%d rounds, %v, ledgers %+v, %v", len(rounds), err2, list, err)
	}
}

// A database of an older version is checked by its own sums.
func TestDamagedRunOfAnOlderVersion(t *testing.T) {
	r := create(t)
	if err := writeOne(r, 0); err != nil {
		t.Fatal(err)
	}
	older(t, r, oldestVersion)
	execute(t, r.Dir, "UPDATE pools SET dir = '/elsewhere'")
	if r, err := Open(r.Dir, fixed); err == nil {
		r.Close()
		t.Error("it opens")
	}
}
