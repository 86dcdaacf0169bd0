package runs

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
)

// Checkpoint is the moment that a run continues from.
type Checkpoint struct {
	// Label names the weights and their file. Equal labels stand for equal weights, in every run of a configuration.
	Label   string
	Weights string // file name in the run's folder; empty before the first checkpoint
	State   []byte // JSON
	Done    bool   // the search has ended
	Time    time.Time

	weightsSum string // SHA-256 of the file
}

// Checkpoint makes the run resumable from here. save writes the weights to the path that it is given, and has them on
// disk when it returns. Then one transaction writes all rows added since the last checkpoint and the new state, and the
// old weights are removed. A checkpoint with the label of the last one keeps its weights, and does not call save.
//
// Of c only Label, State and Done are used. On error the run is as it was at the last checkpoint.
func (r *Run) Checkpoint(c Checkpoint, save func(path string) error) error {
	old, err := r.Last()
	if err != nil {
		return err
	}
	c.Weights, c.weightsSum = "weights-"+c.Label+".safetensors", old.weightsSum
	if c.Weights != old.Weights {
		r.step("weights")
		if err := save(filepath.Join(r.Dir, c.Weights)); err != nil {
			return fmt.Errorf("%s: %w", r.Dir, err)
		}
		if c.weightsSum, err = file.SumOf(filepath.Join(r.Dir, c.Weights)); err != nil {
			return err
		}
		r.step("directory")
		if err := file.SyncDir(r.Dir); err != nil {
			return err
		}
	}
	if err := r.commit(c); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, dbFile), database.Plain(err))
	}
	r.pending = nil
	clear(r.touched)
	r.step("old weights")
	return r.removeWeightsBut(c.Weights)
}

func (r *Run) commit(c Checkpoint) error {
	r.step("transaction")
	tx, err := r.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, s := range r.pending {
		r.step("row")
		if _, err := tx.Exec(s.query, s.args...); err != nil {
			return err
		}
	}
	r.step("state")
	if _, err := tx.Exec("INSERT OR REPLACE INTO checkpoint VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
		c.Label, c.Weights, c.weightsSum, string(c.State), file.Sum(c.State), c.Done, stamp(r.now())); err != nil {
		return err
	}
	r.step("sums")
	if err := writeSums(tx, r.touched); err != nil {
		return err
	}
	r.step("commit")
	return tx.Commit()
}

// Last is the last checkpoint. It is the zero Checkpoint if there was none yet. A state that is not what was written is
// an error.
func (r *Run) Last() (c Checkpoint, err error) {
	var state, stateSum, at string
	err = r.source().QueryRow("SELECT label, weights, weights_sum, state, state_sum, done, time FROM checkpoint").
		Scan(&c.Label, &c.Weights, &c.weightsSum, &state, &stateSum, &c.Done, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Checkpoint{}, nil
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Join(r.Dir, dbFile), database.Plain(err))
	}
	if c.State = []byte(state); file.Sum(c.State) != stateSum {
		return c, fmt.Errorf("%s is damaged: the state is not what the last checkpoint wrote",
			filepath.Join(r.Dir, dbFile))
	}
	if c.Time, err = time.Parse(time.RFC3339, at); err != nil {
		return c, fmt.Errorf("%s is damaged: the time of the last checkpoint is none: %w",
			filepath.Join(r.Dir, dbFile), err)
	}
	return c, nil
}

func (r *Run) removeWeightsBut(keep string) error {
	return r.removeBut("weights-", func(name string) bool { return name == keep })
}

// removeBut removes the files whose names have a prefix, but for those to keep.
func (r *Run) removeBut(prefix string, keep func(name string) bool) error {
	entries, err := os.ReadDir(r.Dir)
	if err != nil {
		return file.PathError(r.Dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || keep(name) {
			continue
		}
		if err := removeIfThere(filepath.Join(r.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}
