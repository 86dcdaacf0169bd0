package runs

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"path/filepath"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/internal/file"
)

// Every row of the database is covered by a checksum. Each round has one over its rows, and another covers all the
// rest, with the sums of the rounds. A checkpoint writes them in its transaction, and opening the run compares them.
var (
	roundRows = []string{
		"SELECT * FROM rounds WHERE round = ?",
		"SELECT * FROM architectures WHERE round = ? ORDER BY number",
		"SELECT * FROM fitness WHERE round = ? ORDER BY step, layer, op",
		"SELECT * FROM events WHERE round = ? ORDER BY seq",
	}
	otherRows = []string{
		"SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
		"SELECT * FROM run",
		"SELECT * FROM pools ORDER BY number",
		"SELECT * FROM ops ORDER BY id",
		"SELECT * FROM graphs ORDER BY op, layer",
		"SELECT * FROM checkpoint",
		"SELECT * FROM sums WHERE part <> 'rest' ORDER BY part",
		"SELECT * FROM ledger ORDER BY round",
		"SELECT * FROM images",
	}
)

// otherRowsOf are otherRows as far as a version of the schema has them.
func otherRowsOf(version int) []string {
	switch {
	case version < ledgerVersion:
		return otherRows[:len(otherRows)-2]
	case version < imagesVersion:
		return otherRows[:len(otherRows)-1]
	}
	return otherRows
}

// rest names the sum of what is not of a round.
const rest = "rest"

// writeSums brings the sums of rounds that have changed, and of the rest, up to date.
func writeSums(tx *sql.Tx, rounds map[int]bool) error {
	for round := range rounds {
		if err := writeSum(tx, fmt.Sprint(round), roundRows, round); err != nil {
			return err
		}
	}
	return writeSum(tx, rest, otherRows)
}

func writeSum(tx *sql.Tx, part string, queries []string, args ...any) error {
	sum, err := sumOfRows(tx, queries, args...)
	if err == nil {
		_, err = tx.Exec("INSERT OR REPLACE INTO sums VALUES (?, ?)", part, sum)
	}
	return err
}

// verify compares the database with its sums, in one transaction that lets no writer between.
func (r *Run) verify() error {
	path := filepath.Join(r.Dir, dbFile)
	tx, err := r.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%s: %w", path, database.Plain(err))
	}
	defer tx.Rollback()
	var found string
	if err := tx.QueryRow("PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return fmt.Errorf("%s: %w", path, database.Plain(err))
	}
	if found != "ok" {
		return fmt.Errorf("%s: %w", path, database.ErrDamaged)
	}
	sums, rounds, err := keptSums(tx)
	if err != nil {
		return fmt.Errorf("%s: %w", path, database.Plain(err))
	}
	var damaged, whole []int
	for _, round := range rounds {
		sum, err := sumOfRows(tx, roundRows, round)
		if err != nil {
			return fmt.Errorf("%s: %w", path, database.Plain(err))
		}
		if sum == sums[fmt.Sprint(round)] {
			whole = append(whole, round)
		} else {
			damaged = append(damaged, round)
		}
	}
	sum, err := sumOfRows(tx, otherRowsOf(r.version))
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, database.Plain(err))
	case len(damaged) > 0:
		return fmt.Errorf("%s is damaged: it is not what was written of rounds %v, rounds %v are whole: put it back "+
			"from a copy", path, damaged, whole)
	case sum != sums[rest]:
		return fmt.Errorf("%s is damaged: it is not what the last checkpoint wrote, rounds %v are whole: put it back "+
			"from a copy", path, whole)
	}
	return nil
}

// keptSums are the sums by part, and the rounds that have rows.
func keptSums(tx *sql.Tx) (sums map[string]string, rounds []int, err error) {
	sums = map[string]string{}
	err = eachRow(tx, "SELECT part, sum FROM sums", func(scan scanner) error {
		var part, sum string
		err := scan(&part, &sum)
		sums[part] = sum
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = eachRow(tx, `SELECT round FROM rounds UNION SELECT round FROM architectures UNION SELECT round FROM fitness
		UNION SELECT round FROM events ORDER BY round`, func(scan scanner) error {
		var round int
		err := scan(&round)
		rounds = append(rounds, round)
		return err
	})
	return sums, rounds, err
}

// sumOfRows is the SHA-256 of all rows of queries, in hexadecimal digits.
func sumOfRows(tx *sql.Tx, queries []string, args ...any) (string, error) {
	h := sha256.New()
	for _, query := range queries {
		if err := addRows(h, tx, query, args); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func addRows(h hash.Hash, tx *sql.Tx, query string, args []any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		to[i] = &row[i]
	}
	var text []byte
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		text = append(text[:0], 'r')
		for _, v := range row {
			if text, err = appendValue(text, v); err != nil {
				return err
			}
		}
		h.Write(text)
	}
	h.Write([]byte{'.'})
	return rows.Err()
}

// appendValue writes a value so that no other one looks alike.
func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 'n'), nil
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, 'i'), uint64(v)), nil
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, 'f'), math.Float64bits(v)), nil
	case string:
		return append(binary.LittleEndian.AppendUint64(append(b, 's'), uint64(len(v))), v...), nil
	case []byte:
		return append(binary.LittleEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...), nil
	}
	return b, fmt.Errorf("a value of type %T", v)
}

// eachRow calls each for every row of the answer.
func eachRow(tx *sql.Tx, query string, each func(scanner) error) error {
	rows, err := tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// verifyFiles compares the files that a run was given with their sums. One that is missing is for complete to report.
func (r *Run) verifyFiles() error {
	files, sums := []string{ConfigFile}, []string{r.Info.ConfigHash}
	if r.Info.TableHash != "" {
		files, sums = append(files, TableFile), append(sums, r.Info.TableHash)
	}
	err := r.query("SELECT file, sum FROM pools ORDER BY number", func(scan scanner) error {
		var file, sum string
		err := scan(&file, &sum)
		files, sums = append(files, file), append(sums, sum)
		return err
	})
	if err != nil {
		return err
	}
	for i, name := range files {
		path := filepath.Join(r.Dir, name)
		found, err := file.SumOf(path)
		if err == nil && found != sums[i] {
			return fmt.Errorf("%s has changed since the run was started: put it back, or start a new run with it", path)
		}
	}
	return nil
}
