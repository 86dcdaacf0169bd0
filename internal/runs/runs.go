// Package runs keeps a search on disk: one folder a run, with a SQLite database as the source of truth and files that
// follow from it.
//
// A checkpoint is one transaction, so that a process killed at any moment loses only what came after the last
// checkpoint, and a resumed run writes the same rows again:
//
//	run.db                     operations, rounds, architectures, fitness, events, and the state to resume from
//	config.toml, pool.toml     as the run was started
//	pool-N.toml                operations that came later
//	latency.json               latencies that the search was started with: run.db keeps those that it uses
//	weights-LABEL.safetensors  weights and optimizer state of the last checkpoint
//	machines.json              machines that searched, for the record
//	front.json                 the front of the last finished round
//	round-NN/*.svg             plots of a finished round
package runs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
	"github.com/nse-dev/nse/supernet"
)

// Names of the files in a run's folder.
const (
	ConfigFile = "config.toml"
	PoolFile   = "pool.toml" // of the start
	FrontFile  = "front.json"
	TableFile  = "latency.json"

	dbFile   = "run.db"
	lockFile = "run.lock"
)

// ErrNoRun says that a folder holds no run, or that there is no folder.
var ErrNoRun = errors.New("holds no run")

// ErrNoFront says that a run has no front.
var ErrNoFront = errors.New("no front")

// NoFront is an ErrNoFront that says more.
type NoFront string

func (n NoFront) Error() string { return string(n) }

// Is reports whether the target is ErrNoFront.
func (NoFront) Is(target error) bool { return target == ErrNoFront }

// Run is an open run folder. Rows that are added wait in memory until the next Checkpoint, and reading does not see
// them before. Methods are for one goroutine. Close it after use.
type Run struct {
	Dir  string
	Info Info

	db      *sql.DB
	frozen  *sql.Tx // within Frozen
	lock    *os.File
	now     func() time.Time
	pending []statement
	touched map[int]bool      // rounds of pending rows
	pools   int               // added so far
	version int               // of the schema
	step    func(what string) // called before each durable write; tests kill the process here
}

// statement is one row that waits for its transaction.
type statement struct {
	query string
	args  []any
}

// Info is what a run was started with. It never changes.
type Info struct {
	Seed       uint64
	Version    string // of nse
	Preset     string
	Data       string // data set specification
	Image      supernet.Input
	Fixed      float64 // cost of stem and head, in the unit of the constraint
	ConfigHash string  // SHA-256 of config.toml
	TableHash  string  // SHA-256 of latency.json; empty if there is none
	Created    time.Time
}

// Beginning is all that a new run holds before its first step.
type Beginning struct {
	Info   Info
	Config []byte // of config.toml
	Images []byte // a data.Index, encoded; nil: the images are not known
	Table  []byte // of latencies as it was at the start, for the record; nil: there is none
	Pool   Pool
	Ops    Ops
}

// Create makes dir into a run's folder, and opens it for writing. The folder must be new, empty, or what a Create that
// was killed has left. The database appears last, so that a folder with one is complete. now is the clock for the times
// in rows.
func Create(dir string, s Beginning, now func() time.Time) (*Run, error) {
	if err := Free(dir); err != nil {
		return nil, err
	}
	_, absent := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, file.PathError(dir, err)
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	s.Info.Created = now().UTC().Truncate(time.Second)
	err = errors.Join(
		file.Write(filepath.Join(dir, ConfigFile), s.Config),
		file.Write(filepath.Join(dir, s.Pool.File()), s.Pool.Text))
	if err == nil && s.Table != nil {
		s.Info.TableHash = file.Sum(s.Table)
		err = file.Write(filepath.Join(dir, TableFile), s.Table)
	}
	if err == nil {
		err = createDB(filepath.Join(dir, dbFile), s)
	}
	if err != nil {
		lock.Close()
		s.undo(dir, absent != nil)
		return nil, err
	}
	return open(dir, lock, now)
}

// undo removes what a Create that failed has made, and the folder if it was absent before.
func (s Beginning) undo(dir string, absent bool) {
	db := filepath.Join(dir, dbFile)
	for _, path := range []string{db, db + ".new", db + ".new-journal", filepath.Join(dir, ConfigFile),
		filepath.Join(dir, s.Pool.File()), filepath.Join(dir, TableFile), filepath.Join(dir, lockFile)} {
		_ = os.Remove(path) // may not have come to be
	}
	if absent {
		_ = os.Remove(dir)
	}
}

// Open opens the run in dir for writing, and removes files of weights and pools that no checkpoint knows. The database
// of an older version becomes one of this. now is the clock for the times in rows. A folder without a run is ErrNoRun,
// and one that another process has open for writing is file.ErrLocked. A file that is damaged or missing is an error
// that names it.
func Open(dir string, now func() time.Time) (*Run, error) {
	if err := check(dir); err != nil {
		return nil, err
	}
	lock, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	return open(dir, lock, now)
}

// open opens a run whose lock it takes over.
func open(dir string, lock *os.File, now func() time.Time) (*Run, error) {
	r, err := read(dir)
	if err != nil {
		lock.Close()
		return nil, err
	}
	r.lock, r.now = lock, now
	if err := r.query("SELECT count(*) FROM pools", func(scan scanner) error { return scan(&r.pools) }); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.complete(); err != nil {
		r.Close()
		return nil, err
	}
	if err := r.upgrade(); err != nil {
		r.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, dbFile), database.Plain(err))
	}
	return r, nil
}

// Read opens the run in dir for reading only, also while another process writes it. A folder without a run is ErrNoRun,
// and a database that is damaged is an error that names it.
func Read(dir string) (*Run, error) {
	if err := check(dir); err != nil {
		return nil, err
	}
	return read(dir)
}

func read(dir string) (*Run, error) {
	if err := file.Plain(filepath.Join(dir, dbFile)); err != nil {
		return nil, err
	}
	db, err := database.Open(filepath.Join(dir, dbFile), "rw")
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, db: db, step: func(string) {}, touched: map[int]bool{}}
	if r.Info, r.version, err = readInfo(db); err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, dbFile), err)
	}
	if _, err := r.Last(); err != nil { // which can say more of the state
		db.Close()
		return nil, err
	}
	if err := cmp.Or(r.verify(), r.verifyFiles(), r.verifyMachines()); err != nil {
		db.Close()
		return nil, err
	}
	return r, nil
}

// Frozen calls read, and returns its error. All that read gets from the database is of one moment. A process that wants
// to write waits meanwhile, at most 10 s.
func (r *Run) Frozen(read func() error) error {
	tx, err := r.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(r.Dir, dbFile), database.Plain(err))
	}
	defer tx.Rollback()
	r.frozen = tx
	defer func() { r.frozen = nil }()
	return read()
}

// Close gives the folder free. Rows that no checkpoint wrote are dropped.
func (r *Run) Close() error {
	err := r.db.Close()
	if r.lock != nil {
		r.lock.Close()
	}
	return err
}

// Exists reports whether dir holds a run, whole or damaged.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, dbFile))
	return err == nil
}

// Free is an error if no run can be made in dir: it holds one, or files that are not of a run. A folder that does not
// exist is free.
func Free(dir string) error {
	if Exists(dir) {
		return fmt.Errorf("%s already holds a run: continue it with `nse resume %s`, or choose another --out", dir,
			text.Shell(dir))
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return file.PathError(dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err == nil {
		return nil // the first file of a run
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, it has %s: choose another --out", dir, entries[0].Name())
	}
	return nil
}

// check says why dir is not a run's folder.
func check(dir string) error {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return noFolder{file.PathError(dir, err)}
	} else if err != nil {
		return file.PathError(dir, err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file: want the folder of a run", dir)
	}
	if !Exists(dir) {
		return fmt.Errorf("%s %w: it has no %s", dir, ErrNoRun, dbFile)
	}
	return nil
}

// noFolder says that there is no folder. It is ErrNoRun too.
type noFolder struct{ error }

func (noFolder) Is(target error) bool { return target == ErrNoRun }
func (n noFolder) Unwrap() error      { return n.error }

// complete checks that the files the database speaks of are there, and removes files of checkpoints that never ended.
func (r *Run) complete() error {
	c, err := r.Last()
	if err != nil {
		return err
	}
	for _, name := range []string{ConfigFile, PoolFile} {
		if err := r.present(name); err != nil {
			return err
		}
	}
	if _, err := r.Weights(c); err != nil {
		return err
	}
	return errors.Join(r.removeWeightsBut(c.Weights), r.removeLaterPools())
}

// present refuses a run that lacks a file.
func (r *Run) present(name string) error {
	if _, err := os.Stat(filepath.Join(r.Dir, name)); err != nil {
		return fmt.Errorf("%s: %s is missing: the run cannot go on without it", r.Dir, name)
	}
	return nil
}

// Weights is the path of a checkpoint's weights, empty before the first checkpoint. Weights that are missing or damaged
// are an error.
func (r *Run) Weights(c Checkpoint) (path string, err error) {
	if c.Weights == "" {
		return "", nil
	}
	if err := r.present(c.Weights); err != nil {
		return "", err
	}
	path = filepath.Join(r.Dir, c.Weights)
	found, err := file.SumOf(path)
	if err != nil {
		return "", file.PathError(path, err)
	}
	if found != c.weightsSum {
		return "", fmt.Errorf("%s is damaged: it is not what the last checkpoint wrote", path)
	}
	return path, nil
}
