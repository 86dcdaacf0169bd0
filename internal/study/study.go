// Package study compares search methods: which items a study has, what is known of each, and what it comes to.
//
// A study is a folder with one database and a folder for each item:
//
//	study.db                  a row for each item that has ended, and one for each architecture that is known of it
//	METHOD/DATA/BUDGET/SEED   the run of an item, with its retrained models
//
// A row is written in one transaction when its item has ended. So a study that is killed goes on from its last row, and
// the item in progress goes on from its run's checkpoint.
package study

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
)

const (
	dbFile   = "study.db"
	lockFile = "study.lock"

	applicationID = 0x6e736501 // "nse\1", in the header of study.db
	schemaVersion = 2
	oldestVersion = 1 // that is read, and upgraded when it is written
	partsVersion  = 2 // the first that says which round and space a candidate is from
)

// ErrNoStudy says that a folder holds no study.
var ErrNoStudy = errors.New("holds no study")

const schema = `
CREATE TABLE study (name TEXT NOT NULL, reference TEXT NOT NULL, methods TEXT NOT NULL, items INTEGER NOT NULL,
	macs INTEGER NOT NULL, tolerance REAL NOT NULL);
CREATE TABLE items (
	method TEXT NOT NULL, data TEXT NOT NULL, budget REAL NOT NULL, seed INTEGER NOT NULL, name TEXT NOT NULL,
	settings TEXT NOT NULL, folder TEXT NOT NULL, tau REAL NOT NULL, high REAL NOT NULL, rounds INTEGER NOT NULL,
	reason TEXT NOT NULL, ledger TEXT NOT NULL, version TEXT NOT NULL, seconds REAL NOT NULL, time TEXT NOT NULL,
	PRIMARY KEY (method, data, budget, seed)) WITHOUT ROWID;
CREATE TABLE candidates (
	method TEXT NOT NULL, data TEXT NOT NULL, budget REAL NOT NULL, seed INTEGER NOT NULL, number INTEGER NOT NULL,
	finalist INTEGER NOT NULL, ops TEXT NOT NULL, cost REAL NOT NULL, macs INTEGER NOT NULL, params INTEGER NOT NULL,
	shared REAL NOT NULL, epochs INTEGER NOT NULL, test REAL, test_macs INTEGER NOT NULL, test_params INTEGER NOT NULL,
	test_epochs INTEGER NOT NULL, problem TEXT NOT NULL, round INTEGER NOT NULL DEFAULT 0,
	space TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (method, data, budget, seed, number)) WITHOUT ROWID;
`

// upgrade brings a database to this version. Its rows stay as they are.
var upgrade = fmt.Sprintf(`ALTER TABLE candidates ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE candidates ADD COLUMN space TEXT NOT NULL DEFAULT '';
PRAGMA user_version = %d;`, schemaVersion)

// About is what a study keeps of its file.
type About struct {
	Name      string   `json:"name"`
	Reference string   `json:"reference"`
	Methods   []string `json:"methods"` // labels in the order of the file
	Items     int      `json:"items"`
	MACs      int64    `json:"macs"` // at which finalists are trained; 0 where each has its own
	Tolerance float64  `json:"tolerance"`
}

// About is what a study keeps of the file.
func (f *File) About() About {
	a := About{Name: f.Name, Reference: f.Reference, Items: len(f.Items()), MACs: f.Recipe.MACs,
		Tolerance: f.Recipe.Tolerance}
	for _, m := range f.Methods {
		a.Methods = append(a.Methods, m.Label)
	}
	return a
}

// Study is an open study. Methods are for one goroutine. Close it after use.
type Study struct {
	Dir   string
	About About

	db      *sql.DB
	lock    *os.File // nil for reading
	version int      // of the schema
}

// Open opens the study in dir for writing, and makes it where there is none. The folder must be new, empty, or a
// study's. What the file says of itself takes the place of what an earlier one said. A study that another process
// writes is file.ErrLocked.
func Open(dir string, about About) (*Study, error) {
	if err := free(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, file.PathError(dir, err)
	}
	lock, err := file.Lock(filepath.Join(dir, lockFile))
	if err == file.ErrLocked {
		return nil, fmt.Errorf("%s: the study is %w", dir, err)
	}
	if err != nil {
		return nil, err
	}
	s, err := open(dir, "rwc", lock, about)
	if err != nil {
		lock.Close()
	}
	return s, err
}

// Read opens the study in dir for reading, also while another process writes it. A folder without one is ErrNoStudy.
func Read(dir string) (*Study, error) {
	if _, err := os.Stat(filepath.Join(dir, dbFile)); err != nil {
		return nil, fmt.Errorf("%s %w: it has no %s", dir, ErrNoStudy, dbFile)
	}
	return open(dir, "rw", nil, About{})
}

// free is an error if dir has something else than a study.
func free(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return file.PathError(dir, err)
	}
	for _, name := range []string{dbFile, lockFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty, it has %s: choose another --out", dir, entries[0].Name())
	}
	return nil
}

// open opens the database in a mode. With a lock it makes it where it is new, and keeps what is said of the study.
func open(dir, mode string, lock *os.File, about About) (*Study, error) {
	path := filepath.Join(dir, dbFile)
	db, err := database.Open(path, mode)
	if err != nil {
		return nil, err
	}
	s := &Study{Dir: dir, About: about, db: db, lock: lock}
	if lock != nil {
		err = s.begin()
	}
	if err == nil {
		err = s.read()
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// begin makes the tables of a new database, and keeps what is said of the study.
func (s *Study) begin() error {
	tx, err := s.db.Begin()
	if err != nil {
		return database.Plain(err)
	}
	defer tx.Rollback()
	var version int
	if err := tx.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return database.Plain(err)
	}
	if version == 0 {
		header := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
		if _, err := tx.Exec(header + schema); err != nil {
			return database.Plain(err)
		}
	} else if version, err = known(tx.QueryRow); err != nil {
		return err
	} else if version < partsVersion {
		if _, err := tx.Exec(upgrade); err != nil {
			return database.Plain(err)
		}
	}
	a := s.About
	methods, err := json.Marshal(a.Methods)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM study"); err != nil {
		return database.Plain(err)
	}
	if _, err := tx.Exec("INSERT INTO study VALUES (?, ?, ?, ?, ?, ?)", a.Name, a.Reference, string(methods), a.Items,
		a.MACs, a.Tolerance); err != nil {
		return database.Plain(err)
	}
	return tx.Commit()
}

// known is the version of the schema. A database that is not a study's, or of a version that this program does not
// know, is an error.
func known(query func(string, ...any) *sql.Row) (version int, err error) {
	var id int
	err = errors.Join(query("PRAGMA application_id").Scan(&id), query("PRAGMA user_version").Scan(&version))
	switch {
	case err != nil:
		return 0, database.Plain(err)
	case id != applicationID:
		return 0, errors.New("is not the database of a study")
	case version < oldestVersion || version > schemaVersion:
		return 0, fmt.Errorf("was written by another nse (schema %d, this one knows %d): use that version", version,
			schemaVersion)
	}
	return version, nil
}

// read reads what is said of the study.
func (s *Study) read() error {
	var err error
	if s.version, err = known(s.db.QueryRow); err != nil {
		return err
	}
	a, methods := &s.About, ""
	err = s.db.QueryRow("SELECT name, reference, methods, items, macs, tolerance FROM study").
		Scan(&a.Name, &a.Reference, &methods, &a.Items, &a.MACs, &a.Tolerance)
	if err != nil {
		return database.Plain(err)
	}
	return json.Unmarshal([]byte(methods), &a.Methods)
}

// Close gives the study free.
func (s *Study) Close() error {
	err := s.db.Close()
	if s.lock != nil {
		s.lock.Close()
	}
	return err
}
