package runs

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
)

const (
	applicationID = 0x6e736500 // "nse\0", in the header of run.db
	schemaVersion = 8
	oldestVersion = 6 // that is read, and upgraded when it is written
)

// schema keeps times and seconds in columns of their own: all others are equal between two runs of the same
// configuration.
const schema = `
CREATE TABLE run (
	seed TEXT NOT NULL, version TEXT NOT NULL, preset TEXT NOT NULL, data TEXT NOT NULL, height INTEGER NOT NULL,
	width INTEGER NOT NULL, channels INTEGER NOT NULL, classes INTEGER NOT NULL, fixed REAL NOT NULL,
	config_hash TEXT NOT NULL, table_hash TEXT NOT NULL, time TEXT NOT NULL);
CREATE TABLE pools (
	number INTEGER PRIMARY KEY, kind TEXT NOT NULL, round INTEGER NOT NULL, file TEXT NOT NULL, sum TEXT NOT NULL,
	lock TEXT NOT NULL, dir TEXT NOT NULL, source TEXT NOT NULL, max_rounds INTEGER NOT NULL, time TEXT NOT NULL);
CREATE TABLE ops (
	id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, plugin TEXT NOT NULL, checksum TEXT NOT NULL,
	pool INTEGER NOT NULL);
CREATE TABLE graphs (
	op INTEGER NOT NULL, layer INTEGER NOT NULL, graph BLOB NOT NULL, cost REAL NOT NULL,
	PRIMARY KEY (op, layer)) WITHOUT ROWID;
CREATE TABLE rounds (
	round INTEGER PRIMARY KEY, subset_size TEXT NOT NULL, subset TEXT NOT NULL, low REAL, high REAL,
	hypervolume REAL, rehearsed REAL, kept TEXT, time TEXT NOT NULL);
CREATE TABLE architectures (
	round INTEGER NOT NULL, number INTEGER NOT NULL, role TEXT NOT NULL, front INTEGER NOT NULL, ops TEXT NOT NULL,
	params INTEGER NOT NULL, macs INTEGER NOT NULL, cost REAL NOT NULL, accuracy REAL NOT NULL,
	PRIMARY KEY (round, number)) WITHOUT ROWID;
CREATE TABLE fitness (
	round INTEGER NOT NULL, step INTEGER NOT NULL, layer INTEGER NOT NULL, op TEXT NOT NULL, theta REAL NOT NULL,
	dropped INTEGER NOT NULL, PRIMARY KEY (round, step, layer, op)) WITHOUT ROWID;
CREATE TABLE events (
	seq INTEGER PRIMARY KEY, round INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, time TEXT NOT NULL);
CREATE TABLE checkpoint (
	id INTEGER PRIMARY KEY CHECK (id = 1), label TEXT NOT NULL, weights TEXT NOT NULL, weights_sum TEXT NOT NULL,
	state TEXT NOT NULL, state_sum TEXT NOT NULL, done INTEGER NOT NULL, time TEXT NOT NULL);
CREATE INDEX events_of_round ON events (round, seq);
CREATE TABLE sums (part TEXT PRIMARY KEY, sum TEXT NOT NULL) WITHOUT ROWID;
` + ledgerTable + imagesTable + `
`

// createDB writes a new database beside path and renames it.
func createDB(path string, s Beginning) error {
	temp := path + ".new"
	if err := errors.Join(removeIfThere(temp), removeIfThere(temp+"-journal")); err != nil {
		return err
	}
	db, err := database.Open(temp, "rwc")
	if err != nil {
		return err
	}
	err = fill(db, s)
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return file.SyncDir(filepath.Dir(path))
}

func fill(db *sql.DB, s Beginning) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	header := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.Exec(header + schema); err != nil {
		return err
	}
	i := s.Info
	if _, err := tx.Exec("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		strconv.FormatUint(i.Seed, 10), i.Version, i.Preset, i.Data, i.Image.Height, i.Image.Width, i.Image.Channels,
		i.Image.Classes, i.Fixed, i.ConfigHash, i.TableHash, stamp(i.Created)); err != nil {
		return err
	}
	if s.Images != nil {
		if _, err := tx.Exec("INSERT INTO images VALUES (1, ?)", s.Images); err != nil {
			return err
		}
	}
	for _, st := range append(s.Ops.insert(), s.Pool.insert(i.Created)) {
		if _, err := tx.Exec(st.query, st.args...); err != nil {
			return err
		}
	}
	if err := writeSums(tx, nil); err != nil {
		return err
	}
	return tx.Commit()
}

// readInfo checks that the database is a run's and of a version that this program knows.
func readInfo(db *sql.DB) (info Info, version int, err error) {
	var id int
	err = errors.Join(
		db.QueryRow("PRAGMA application_id").Scan(&id),
		db.QueryRow("PRAGMA user_version").Scan(&version))
	switch {
	case err != nil:
		return info, version, database.Plain(err)
	case id != applicationID:
		return info, version, errors.New("is a database of another program, not of nse")
	case version < oldestVersion:
		return info, version, fmt.Errorf("was written by an older nse (schema %d, this one knows %d): use that version",
			version, schemaVersion)
	case version > schemaVersion:
		return info, version, fmt.Errorf("was written by a newer nse (schema %d, this one knows %d): use that version",
			version, schemaVersion)
	}
	var seed, created string
	err = db.QueryRow("SELECT seed, version, preset, data, height, width, channels, classes, fixed, config_hash, "+
		"table_hash, time FROM run").
		Scan(&seed, &info.Version, &info.Preset, &info.Data, &info.Image.Height, &info.Image.Width,
			&info.Image.Channels, &info.Image.Classes, &info.Fixed, &info.ConfigHash, &info.TableHash, &created)
	if err != nil {
		return info, version, database.Plain(err)
	}
	if info.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
		return info, version, fmt.Errorf("seed %q is not a number", seed)
	}
	info.Created, err = time.Parse(time.RFC3339, created)
	return info, version, err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
