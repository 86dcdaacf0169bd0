package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/database"
)

// Row is what is known of an item that has ended.
type Row struct {
	Key
	Name       string        `json:"name"` // of the method: labels tell variants apart
	Settings   string        `json:"settings_sha256"`
	Folder     string        `json:"folder"` // of the run, within the study's
	Tau        float64       `json:"tau"`
	High       float64       `json:"high"`   // greatest cost of the constraint interval
	Rounds     int           `json:"rounds"` // that have a front
	Reason     string        `json:"reason"` // why the search ended
	Ledger     evolve.Ledger `json:"ledger"` // of the search and of training the finalists
	Candidates []Candidate   `json:"candidates"`
	Version    string        `json:"nse"`     // that finished the item
	Seconds    float64       `json:"seconds"` // of the process that finished the item
	Time       time.Time     `json:"time"`    // at which the item ended
}

// Candidate is an architecture of which a study knows more than the search does.
type Candidate struct {
	Part
	Finalist bool       `json:"finalist"` // it stands for its method
	Ops      [][]string `json:"ops"`      // names by layer
	Cost     float64    `json:"cost"`     // as the search had it, in the unit of its constraint
	MACs     int64      `json:"macs"`     // at the scale of the search
	Params   int64      `json:"params"`
	Shared   float64    `json:"shared"` // accuracy by which the search ranked it, 0 to 1
	Epochs   int        `json:"epochs"` // that it was trained alone for Shared; 0: it had the shared weights
	// Test is the accuracy on the test images after training alone, 0 to 1. It is nil where Problem says why.
	Test       *float64 `json:"test"`
	TestMACs   int64    `json:"test_macs"` // at the scale of that training
	TestParams int64    `json:"test_params"`
	TestEpochs int      `json:"test_epochs"`
	Problem    string   `json:"problem,omitempty"`
}

// Add writes what is known of an item that has ended.
func (s *Study) Add(r Row) error {
	ledger, err := json.Marshal(r.Ledger)
	if err != nil {
		return err
	}
	tx, err := s.db.Begin()
	if err != nil {
		return database.Plain(err)
	}
	defer tx.Rollback()
	seed := int64(r.Seed) // settings have no greater ones
	if _, err := tx.Exec("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", r.Method, r.Data,
		r.Budget, seed, r.Name, r.Settings, r.Folder, r.Tau, r.High, r.Rounds, r.Reason, string(ledger), r.Version,
		r.Seconds, r.Time.UTC().Format(time.RFC3339)); err != nil {
		return database.Plain(err)
	}
	for n, c := range r.Candidates {
		ops, err := json.Marshal(c.Ops)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			r.Method, r.Data, r.Budget, seed, n+1, c.Finalist, string(ops), c.Cost, c.MACs, c.Params, c.Shared,
			c.Epochs, c.Test, c.TestMACs, c.TestParams, c.TestEpochs, c.Problem, c.Round, c.Space); err != nil {
			return database.Plain(err)
		}
	}
	return tx.Commit()
}

// Rows lists what is known of all items, by data, budget and seed, and then in the order of the methods.
func (s *Study) Rows() (rows []Row, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", filepath.Join(s.Dir, dbFile), err)
		}
	}()
	candidates, err := s.candidates()
	if err != nil {
		return nil, err
	}
	err = s.query(`SELECT method, data, budget, seed, name, settings, folder, tau, high, rounds, reason, ledger,
		version, seconds, time FROM items ORDER BY data, budget, seed,
		(SELECT min(key) FROM study, json_each(study.methods) m WHERE m.value = method), method`,
		func(scan func(...any) error) error {
			var r Row
			var ledger, at string
			if err := scan(&r.Method, &r.Data, &r.Budget, &r.Seed, &r.Name, &r.Settings, &r.Folder, &r.Tau, &r.High,
				&r.Rounds, &r.Reason, &ledger, &r.Version, &r.Seconds, &at); err != nil {
				return err
			}
			var err error
			r.Time, err = time.Parse(time.RFC3339, at)
			r.Candidates = append([]Candidate{}, candidates[r.Key]...)
			err = errors.Join(err, json.Unmarshal([]byte(ledger), &r.Ledger))
			rows = append(rows, r)
			return err
		})
	return rows, err
}

func (s *Study) candidates() (map[Key][]Candidate, error) {
	all := map[Key][]Candidate{}
	part := "round, space"
	if s.version < partsVersion {
		part = "0, ''"
	}
	err := s.query(`SELECT method, data, budget, seed, finalist, ops, cost, macs, params, shared, epochs, test,
		test_macs, test_params, test_epochs, problem, `+part+` FROM candidates
		ORDER BY method, data, budget, seed, number`,
		func(scan func(...any) error) error {
			var k Key
			var c Candidate
			var ops string
			if err := scan(&k.Method, &k.Data, &k.Budget, &k.Seed, &c.Finalist, &ops, &c.Cost, &c.MACs, &c.Params,
				&c.Shared, &c.Epochs, &c.Test, &c.TestMACs, &c.TestParams, &c.TestEpochs, &c.Problem,
				&c.Round, &c.Space); err != nil {
				return err
			}
			err := json.Unmarshal([]byte(ops), &c.Ops)
			all[k] = append(all[k], c)
			return err
		})
	return all, err
}

// query calls each for every row of the answer.
func (s *Study) query(query string, each func(scan func(...any) error) error) error {
	rows, err := s.db.Query(query)
	if err != nil {
		return database.Plain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return database.Plain(err)
	}
	return nil
}
