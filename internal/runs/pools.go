package runs

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/file"
)

// Pool is a pool file of a run: that of the start, one that the run was continued with, or one of operations that came
// during the search.
type Pool struct {
	Number    int // from 0, in the order in which they came
	Kind      PoolKind
	Round     int    // from which on its operations wait
	Dir       string // absolute: paths of plugins in the file start here
	Source    string // where it came from
	MaxRounds int    // max_rounds from here on; 0: as the configuration has it
	Text      []byte // of the file
	Sum       string // SHA-256 of the file, of a pool that is listed
	Lock      []byte // of the nse.lock that pins its plugins; empty: none does
	Time      time.Time
	First     bool // on its way into a run: its operations come in before those that wait
}

// PoolKind says how a pool came to a run.
type PoolKind string

// The kinds of pools.
const (
	Start   PoolKind = "start"   // the run was started with it
	Second  PoolKind = "second"  // the run was continued with it
	Arrived PoolKind = "arrived" // its operations came during the search
)

// File is the name of the pool file in the run's folder.
func (p Pool) File() string {
	if p.Number == 0 {
		return PoolFile
	}
	return fmt.Sprintf("pool-%d.toml", p.Number)
}

func (p Pool) insert(at time.Time) statement {
	return statement{"INSERT INTO pools VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		[]any{p.Number, p.Kind, p.Round, p.File(), file.Sum(p.Text), string(p.Lock), p.Dir, p.Source, p.MaxRounds,
			stamp(at)}}
}

// Op is an operation of a run and where it came from.
type Op struct {
	ID       int
	Name     string
	Plugin   string    // the family
	Checksum string    // SHA-256 of the plugin's binary; empty for one that is built in
	Pool     int       // number of the pool that it first came with
	Graphs   [][]byte  // by layer, as package wire encodes them
	Costs    []float64 // by layer, in the unit of the constraint
}

// Ops are operations by id.
type Ops []Op

func (ops Ops) insert() (list []statement) {
	for _, o := range ops {
		list = append(list, statement{`INSERT INTO ops VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET plugin = excluded.plugin, checksum = excluded.checksum`,
			[]any{o.ID, o.Name, o.Plugin, o.Checksum, o.Pool}})
		for l, g := range o.Graphs {
			values := []any{o.ID, l, g, o.Costs[l]}
			list = append(list, statement{"INSERT OR REPLACE INTO graphs VALUES (?, ?, ?, ?)", values})
		}
	}
	return list
}

// NextPool is the number of the next pool that is added.
func (r *Run) NextPool() int { return r.pools }

// AddPool writes a pool file, and adds the pool with its operations at the next checkpoint. An operation whose id the
// run knows gets the new plugin and graphs.
func (r *Run) AddPool(p Pool, ops Ops) error {
	if err := file.Write(filepath.Join(r.Dir, p.File()), p.Text); err != nil {
		return err
	}
	r.pools = p.Number + 1
	r.pending = append(append(r.pending, p.insert(r.now())), ops.insert()...)
	return nil
}

// removeLaterPools removes what a process that was killed wrote of pools that no checkpoint knows.
func (r *Run) removeLaterPools() error {
	known := func(name string) bool {
		for n := range r.pools {
			if name == (Pool{Number: n}).File() {
				return true
			}
		}
		return false
	}
	return r.removeBut("pool-", known)
}

// Pools lists the pools of the run by number, without their texts.
func (r *Run) Pools() (pools []Pool, err error) {
	err = r.query(`SELECT number, kind, round, sum, lock, dir, source, max_rounds, time
		FROM pools ORDER BY number`, func(scan scanner) error {
		var p Pool
		var at, lock string
		err := scan(&p.Number, &p.Kind, &p.Round, &p.Sum, &lock, &p.Dir, &p.Source, &p.MaxRounds, &at)
		if err == nil {
			p.Time, err = time.Parse(time.RFC3339, at)
		}
		if lock != "" {
			p.Lock = []byte(lock)
		}
		pools = append(pools, p)
		return err
	})
	return pools, err
}

// Ops lists the operations of the run by id, with graphs and costs.
func (r *Run) Ops() (ops Ops, err error) {
	err = r.query("SELECT id, name, plugin, checksum, pool FROM ops ORDER BY id", func(scan scanner) error {
		o := Op{}
		err := scan(&o.ID, &o.Name, &o.Plugin, &o.Checksum, &o.Pool)
		if err == nil && o.ID != len(ops) {
			err = fmt.Errorf("is damaged: operation %d is missing", len(ops))
		}
		ops = append(ops, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = r.query("SELECT op, graph, cost FROM graphs ORDER BY op, layer", func(scan scanner) error {
		var id int
		var graph []byte
		var cost float64
		err := scan(&id, &graph, &cost)
		if err == nil && (id < 0 || id >= len(ops)) {
			err = fmt.Errorf("is damaged: there is no operation %d", id)
		}
		if err == nil {
			ops[id].Graphs = append(ops[id].Graphs, graph)
			ops[id].Costs = append(ops[id].Costs, cost)
		}
		return err
	})
	return ops, err
}
