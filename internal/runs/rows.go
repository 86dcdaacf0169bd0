package runs

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/database"
)

// Round is one round. What a round in progress has not reached yet is zero.
type Round struct {
	Round       int        // from 1
	SubsetSize  string     // number of architectures over the subset, exact
	Subset      [][]string // names of operations by layer
	Low, High   float64    // the constraint interval, in the unit of cost
	Hypervolume float64    // of the front
	// Rehearsed is the hypervolume of the front of the round before, as this round scored it again. It is nil if it was
	// not scored.
	Rehearsed *float64
	Done      bool       // it has a front
	Kept      [][]string // names of the operations that the front uses, by layer; nil before the round's end
	Started   time.Time  // of the checkpoint that holds its start
}

// Architecture is one scored architecture of a round. The tags are the format of front.json.
type Architecture struct {
	Ops      [][]string `json:"ops"` // names by layer
	Params   int64      `json:"params"`
	MACs     int64      `json:"macs"`
	Cost     float64    `json:"cost"`
	Accuracy float64    `json:"accuracy"` // 0..1
	// Epochs is how long it was trained alone for the accuracy. 0 means that it had the round's shared weights.
	Epochs int  `json:"epochs,omitempty"`
	Round  int  `json:"-"` // that scored it
	Number int  `json:"-"` // in the round's list, from 0
	Role   Role `json:"-"`
	Front  bool `json:"-"` // whether it is on the round's front
}

// Name names the architecture in its run: round-2-17 is the 17th of round 2.
func (a Architecture) Name() string { return ScoredName(a.Round, a.Number) }

// ScoredName is the name of the architecture of a number in a round.
func ScoredName(round, number int) string { return fmt.Sprintf("round-%d-%d", round, number+1) }

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

// Event is one event of the search. Body is the JSON of the evolve.Body of that Kind.
type Event struct {
	Seq   int // from 0, without holes
	Round int
	Kind  string
	Body  json.RawMessage
	Time  time.Time // of the checkpoint that holds it
}

// AddRound adds a round at its start: its number, subset and size. The Set methods add the rest as it becomes known.
// Like all that is added, it is on disk after the next Checkpoint.
func (r *Run) AddRound(x Round) error {
	subset, err := json.Marshal(x.Subset)
	r.add(x.Round, "INSERT INTO rounds (round, subset_size, subset, time) VALUES (?, ?, ?, ?)", x.Round, x.SubsetSize,
		string(subset), stamp(r.now()))
	return err
}

// SetInterval adds the constraint interval of a round.
func (r *Run) SetInterval(round int, low, high float64) {
	r.add(round, "UPDATE rounds SET low = ?, high = ? WHERE round = ?", low, high, round)
}

// SetFront marks the architectures of a round's front, given by their operations' names, and adds its hypervolume
// and that of the front before (Round.Rehearsed). Of an architecture that was scored several times, the last counts.
func (r *Run) SetFront(round int, front [][][]string, hypervolume float64, rehearsed *float64) error {
	r.add(round, "UPDATE rounds SET hypervolume = ?, rehearsed = ? WHERE round = ?", hypervolume, rehearsed, round)
	for _, arch := range front {
		ops, err := json.Marshal(arch)
		if err != nil {
			return err
		}
		r.add(round, `UPDATE architectures SET front = 1 WHERE round = ?1 AND number =
			(SELECT max(number) FROM architectures WHERE round = ?1 AND ops = ?2)`, round, string(ops))
	}
	return nil
}

// SetKept adds the operations that a round's front uses, which ends the round.
func (r *Run) SetKept(round int, kept [][]string) error {
	text, err := json.Marshal(kept)
	r.add(round, "UPDATE rounds SET kept = ? WHERE round = ?", string(text), round)
	return err
}

// AddArchitecture adds a scored architecture under its number in the round's list.
func (r *Run) AddArchitecture(round, number int, a Architecture) error {
	ops, err := json.Marshal(a.Ops)
	r.add(round, "INSERT INTO architectures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		round, number, string(a.Role), a.Front, string(ops), a.Params, a.MACs, a.Cost, a.Accuracy)
	return err
}

// AddFitness adds fitness parameters of a round. A later row of the same step and operation replaces an earlier one.
func (r *Run) AddFitness(round int, rows ...Fitness) {
	for _, f := range rows {
		r.add(round, "INSERT OR REPLACE INTO fitness VALUES (?, ?, ?, ?, ?, ?)", round, f.Step, f.Layer, f.Op, f.Theta,
			f.Dropped)
	}
}

// AddEvent adds an event.
func (r *Run) AddEvent(e Event) {
	r.add(e.Round, "INSERT INTO events VALUES (?, ?, ?, ?, ?)", e.Seq, e.Round, e.Kind, string(e.Body), stamp(r.now()))
}

func (r *Run) add(round int, query string, args ...any) {
	r.touched[round] = true
	r.pending = append(r.pending, statement{query, args})
}

// Rounds lists the rounds in order, the one in progress last.
func (r *Run) Rounds() (rounds []Round, err error) {
	err = r.query(`SELECT round, subset_size, subset, coalesce(low, 0), coalesce(high, 0), coalesce(hypervolume, 0),
		rehearsed, hypervolume IS NOT NULL, coalesce(kept, 'null'), time
		FROM rounds ORDER BY round`, func(scan scanner) error {
		var x Round
		var subset, kept, at string
		if err := scan(&x.Round, &x.SubsetSize, &subset, &x.Low, &x.High, &x.Hypervolume, &x.Rehearsed, &x.Done, &kept,
			&at); err != nil {
			return err
		}
		var err error
		x.Started, err = time.Parse(time.RFC3339, at)
		err = errors.Join(err, json.Unmarshal([]byte(subset), &x.Subset), json.Unmarshal([]byte(kept), &x.Kept))
		rounds = append(rounds, x)
		return err
	})
	return rounds, err
}

// Architectures lists the scored architectures of a round by number. A round that does not exist has none.
func (r *Run) Architectures(round int) (archs []Architecture, err error) {
	epochs, err := r.epochs(round)
	if err != nil {
		return nil, err
	}
	err = r.query(`SELECT number, role, front, ops, params, macs, cost, accuracy FROM architectures
		WHERE round = ? ORDER BY number`, func(scan scanner) error {
		a := Architecture{Round: round}
		var ops string
		if err := scan(&a.Number, &a.Role, &a.Front, &ops, &a.Params, &a.MACs, &a.Cost, &a.Accuracy); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(ops), &a.Ops)
		a.Epochs = epochs[a.Number]
		archs = append(archs, a)
		return err
	}, round)
	return archs, err
}

// epochs is how long the architectures of a round were trained alone, by number, as the events have it.
func (r *Run) epochs(round int) (map[int]int, error) {
	epochs := map[int]int{}
	err := r.query(`SELECT body ->> '$.index', body ->> '$.trial.epochs' FROM events
		WHERE round = ? AND kind = 'scored' AND body ->> '$.trial.epochs' > 0`, func(scan scanner) error {
		var number, n int
		err := scan(&number, &n)
		epochs[number] = n
		return err
	}, round)
	return epochs, err
}

// Scored is what a round has scored: architectures with numbers from First to Last.
type Scored struct {
	Round, First, Last int
}

// Scored lists the rounds that have scored anything.
func (r *Run) Scored() (list []Scored, err error) {
	err = r.query("SELECT round, min(number), max(number) FROM architectures GROUP BY round ORDER BY round",
		func(scan scanner) error {
			var s Scored
			err := scan(&s.Round, &s.First, &s.Last)
			list = append(list, s)
			return err
		})
	return list, err
}

// Fitness lists the fitness parameters of a round by step, layer and name.
func (r *Run) Fitness(round int) (rows []Fitness, err error) {
	err = r.query(`SELECT step, layer, op, theta, dropped FROM fitness
		WHERE round = ? ORDER BY step, layer, op`, func(scan scanner) error {
		var f Fitness
		err := scan(&f.Step, &f.Layer, &f.Op, &f.Theta, &f.Dropped)
		rows = append(rows, f)
		return err
	}, round)
	return rows, err
}

// Events lists the events of a kind in order.
func (r *Run) Events(kind string) ([]Event, error) { return r.events("kind = ?", kind) }

// EventsFrom lists the events from a number on, of all kinds, in order.
func (r *Run) EventsFrom(seq int) ([]Event, error) { return r.events("seq >= ?", seq) }

func (r *Run) events(condition string, value any) (events []Event, err error) {
	err = r.query(`SELECT seq, round, kind, body, time FROM events
		WHERE `+condition+` ORDER BY seq`, func(scan scanner) error {
		var e Event
		var body, at string
		err := scan(&e.Seq, &e.Round, &e.Kind, &body, &at)
		e.Body = json.RawMessage(body)
		if err == nil {
			e.Time, err = time.Parse(time.RFC3339, at)
		}
		events = append(events, e)
		return err
	}, value)
	return events, err
}

// scanner copies the columns of the current row.
type scanner func(dest ...any) error

// source answers queries: the database, or its state of one moment.
func (r *Run) source() interface {
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
} {
	if r.frozen != nil {
		return r.frozen
	}
	return r.db
}

// query calls each for every row of the answer.
func (r *Run) query(query string, each func(scanner) error, args ...any) error {
	rows, err := r.source().Query(query, args...)
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
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, dbFile), database.Plain(err))
	}
	return nil
}
