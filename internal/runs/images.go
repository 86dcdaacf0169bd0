package runs

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/nse-dev/nse/internal/database"
	"github.com/nse-dev/nse/supernet/data"
)

// imagesVersion is the version of the schema that has the images. Those before it are read too.
const imagesVersion = 8

const imagesTable = `CREATE TABLE images (id INTEGER PRIMARY KEY CHECK (id = 1), list BLOB NOT NULL);
`

// Images lists the images that the run was started with. There are none in runs of older versions, and of engines of
// the program's own.
func (r *Run) Images() (x data.Index, err error) {
	if r.version < imagesVersion {
		return x, nil
	}
	var list []byte
	err = r.db.QueryRow("SELECT list FROM images").Scan(&list)
	if errors.Is(err, sql.ErrNoRows) {
		return x, nil
	}
	if err == nil {
		x, err = data.DecodeIndex(list)
	}
	if err != nil {
		err = fmt.Errorf("%s: images: %w", filepath.Join(r.Dir, dbFile), database.Plain(err))
	}
	return x, err
}
