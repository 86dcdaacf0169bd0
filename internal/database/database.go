// Package database opens SQLite files, and says in one line what is wrong with them.
package database

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged says that a file is no database, that it is damaged, or that a row is missing.
var ErrDamaged = errors.New("is damaged: it cannot be read as a database of nse")

// Open opens a database file in an SQLite URI mode (ro, rw, rwc). Writers wait for each other and commits reach the
// disk.
func Open(path, mode string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs)}
	u.RawQuery = "mode=" + mode + "&_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_txlock=immediate"
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Plain makes one line of an error of the driver. It is ErrDamaged for a file that is no database or a damaged one, and
// where a row is missing.
func Plain(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrDamaged
	}
	if driver, ok := errors.AsType[*sqlite.Error](err); ok {
		switch primary := driver.Code() & 0xff; primary {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return ErrDamaged
		}
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(line)
}
