package runs

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// Op is one operation of the pool and where it came from.
type Op struct {
	ID       int
	Name     string
	Plugin   string
	Checksum string // SHA-256 of the plugin's binary; empty for one that is built in
}

// Round is one finished round.
type Round struct {
	Round        int // from 1
	SpaceSize    string
	Subset, Kept [][]string // names of operations by layer: at the start, and after aggregation
	Tau          float64    // the constraint, in the unit of cost
	Hypervolume  float64    // of the front
}

// Architecture is one scored architecture of a round. The tags are the format of front.json.
type Architecture struct {
	Ops      [][]string `json:"ops"` // names by layer
	Params   int64      `json:"params"`
	MACs     int64      `json:"macs"`
	Cost     float64    `json:"cost"`
	Accuracy float64    `json:"accuracy"` // 0..1
	Role     Role       `json:"-"`
	Front    bool       `json:"-"` // whether it is on the round's front
}

// Role says why an architecture was scored.
type Role string

// The roles of architectures (section 5).
const (
	Sampled  Role = "sampled"
	Extra    Role = "extra"    // just outside the constraint interval
	Previous Role = "previous" // of the front of the round before
)

// Fitness is the fitness parameter of one operation at one layer after a fitness step.
type Fitness struct {
	Step    int
	Layer   int
	Op      string
	Theta   float64
	Dropped bool // it fell in this step
}

// Event is anything else that happened, in order.
type Event struct {
	Round  int
	Kind   string
	Detail any // written as JSON
}

// AddRound adds a finished round with its architectures.
func (r *Run) AddRound(x Round, archs []Architecture) error {
	subset, kept, err := encodeBoth(x.Subset, x.Kept)
	if err != nil {
		return err
	}
	r.add("INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?, ?)", x.Round, x.SpaceSize, subset, kept, x.Tau, x.Hypervolume, stamp(r.now()))
	for _, a := range archs {
		ops, err := json.Marshal(a.Ops)
		if err != nil {
			return err
		}
		r.add("INSERT INTO architectures (round, role, front, ops, params, macs, cost, accuracy) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			x.Round, string(a.Role), a.Front, string(ops), a.Params, a.MACs, a.Cost, a.Accuracy)
	}
	return nil
}

// AddFitness adds fitness parameters of a round.
func (r *Run) AddFitness(round int, rows ...Fitness) {
	for _, f := range rows {
		r.add("INSERT INTO fitness VALUES (?, ?, ?, ?, ?, ?)", round, f.Step, f.Layer, f.Op, f.Theta, f.Dropped)
	}
}

// AddEvent adds an event.
func (r *Run) AddEvent(e Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	r.add("INSERT INTO events (round, kind, detail, time) VALUES (?, ?, ?, ?)", e.Round, e.Kind, string(detail), stamp(r.now()))
	return nil
}

func (r *Run) add(query string, args ...any) {
	r.pending = append(r.pending, statement{query, args})
}

// Ops lists the operations of the pool by id.
func (r *Run) Ops() (ops []Op, err error) {
	err = r.query("SELECT id, name, plugin, checksum FROM ops ORDER BY id", func(scan scanner) error {
		var o Op
		err := scan(&o.ID, &o.Name, &o.Plugin, &o.Checksum)
		ops = append(ops, o)
		return err
	})
	return ops, err
}

// Rounds lists the finished rounds in order.
func (r *Run) Rounds() (rounds []Round, err error) {
	err = r.query("SELECT round, space_size, subset, kept, tau, hypervolume FROM rounds ORDER BY round", func(scan scanner) error {
		var x Round
		var subset, kept string
		if err := scan(&x.Round, &x.SpaceSize, &subset, &kept, &x.Tau, &x.Hypervolume); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(subset), &x.Subset); err != nil {
			return err
		}
		rounds = append(rounds, x)
		return json.Unmarshal([]byte(kept), &rounds[len(rounds)-1].Kept)
	})
	return rounds, err
}

// Architectures lists the scored architectures of a round in the order in which they were scored.
func (r *Run) Architectures(round int) (archs []Architecture, err error) {
	err = r.query("SELECT role, front, ops, params, macs, cost, accuracy FROM architectures WHERE round = ? ORDER BY id",
		func(scan scanner) error {
			var a Architecture
			var ops string
			if err := scan(&a.Role, &a.Front, &ops, &a.Params, &a.MACs, &a.Cost, &a.Accuracy); err != nil {
				return err
			}
			err := json.Unmarshal([]byte(ops), &a.Ops)
			archs = append(archs, a)
			return err
		}, round)
	return archs, err
}

// Fitness lists the fitness parameters of a round by step, layer and name.
func (r *Run) Fitness(round int) (rows []Fitness, err error) {
	err = r.query("SELECT step, layer, op, theta, dropped FROM fitness WHERE round = ? ORDER BY step, layer, op", func(scan scanner) error {
		var f Fitness
		err := scan(&f.Step, &f.Layer, &f.Op, &f.Theta, &f.Dropped)
		rows = append(rows, f)
		return err
	}, round)
	return rows, err
}

// scanner copies the columns of the current row.
type scanner func(dest ...any) error

// query calls each for every row of the answer.
func (r *Run) query(query string, each func(scanner) error, args ...any) error {
	rows, err := r.db.Query(query, args...)
	if err == nil {
		defer rows.Close()
		for err == nil && rows.Next() {
			err = each(rows.Scan)
		}
		if err == nil {
			err = rows.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, dbFile), plain(err))
	}
	return nil
}

func encodeBoth(a, b any) (string, string, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return "", "", err
	}
	y, err := json.Marshal(b)
	return string(x), string(y), err
}
