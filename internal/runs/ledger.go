package runs

import (
	"fmt"

	"github.com/nse-dev/nse/evolve"
)

// Ledger is what a search has spent from its start to the last checkpoint of a round.
type Ledger struct {
	Round int `json:"round"`
	evolve.Ledger
	Seconds float64 `json:"seconds"` // that processes have searched
}

// SetLedger adds what has been spent by now, or replaces it for the round.
func (r *Run) SetLedger(l Ledger) {
	r.add(l.Round, "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", l.Round, l.TrainImages,
		l.Forward, l.Backward, l.Fitness, l.Calibration, l.Scoring, l.Alone, l.Seconds)
}

// Ledgers lists what had been spent by each round. Runs of older versions have counted nothing.
func (r *Run) Ledgers() (list []Ledger, err error) {
	if r.version < ledgerVersion {
		return nil, nil
	}
	err = r.query(`SELECT round, train_images, forward, backward, fitness, calibration, scoring, alone, seconds
		FROM ledger ORDER BY round`, func(scan scanner) error {
		var l Ledger
		err := scan(&l.Round, &l.TrainImages, &l.Forward, &l.Backward, &l.Fitness, &l.Calibration, &l.Scoring, &l.Alone,
			&l.Seconds)
		list = append(list, l)
		return err
	})
	return list, err
}

// Ledger is what has been spent by the last checkpoint. It is zero before the first one.
func (r *Run) Ledger() (Ledger, error) {
	list, err := r.Ledgers()
	if err != nil || len(list) == 0 {
		return Ledger{}, err
	}
	return list[len(list)-1], nil
}

// ledgerVersion is the version of the schema that has the ledger. The one before it is read too.
const ledgerVersion = 7

const ledgerTable = `CREATE TABLE ledger (
	round INTEGER PRIMARY KEY, train_images INTEGER NOT NULL, forward REAL NOT NULL, backward REAL NOT NULL,
	fitness REAL NOT NULL, calibration REAL NOT NULL, scoring REAL NOT NULL, alone REAL NOT NULL,
	seconds REAL NOT NULL);
`

// upgrade brings the database of an older version to this one. Its rows stay as they are.
func (r *Run) upgrade() error {
	if r.version == schemaVersion {
		return nil
	}
	tx, err := r.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	tables := imagesTable
	if r.version < ledgerVersion {
		tables += ledgerTable
	}
	if _, err := tx.Exec(tables + fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion)); err != nil {
		return err
	}
	if err := writeSums(tx, nil); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	r.version = schemaVersion
	return nil
}
