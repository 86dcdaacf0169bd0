package pack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
)

// opening is the first line of a journal.
type opening struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Key     string `json:"key"`
}

// record is a line of the journal: a shard that is on disk. The last one of a shard holds.
type record struct {
	Number    int          `json:"number"`
	Channels  int          `json:"channels"`
	Grey      bool         `json:"grey"` // whether all images are, or have been
	Histogram [][256]int64 `json:"histogram"`
	Shard
}

// readJournal reads the journal of a pack with a key, or begins it. A line that is cut or damaged is passed over: its
// shard is made anew.
func readJournal(dir, key string) (map[int]record, error) {
	path := filepath.Join(dir, journalFile)
	done, want := map[int]record{}, opening{format, Version, key}
	b, err := file.Read(path)
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	var is opening
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(b) == 0:
		line, err := json.Marshal(want)
		if err == nil {
			err = file.Write(path, append(line, '\n'))
		}
		return done, err
	case err != nil:
		return nil, err
	case json.Unmarshal(first, &is) != nil || is.Format != format:
		return nil, fmt.Errorf("%s is not the journal of a pack: want a new or an empty folder", text.Printable(path))
	case is.Version != Version:
		return nil, fmt.Errorf("%s: a pack of version %d: this nse writes version %d: want a new or an empty folder",
			text.Printable(dir), is.Version, Version)
	case is.Key != key:
		return nil, fmt.Errorf("%s has a pack of other images, or with another size or background: want a new or an "+
			"empty folder", text.Printable(dir))
	}
	for line := range bytes.Lines(rest) {
		var r record
		if json.Unmarshal(line, &r) == nil {
			done[r.Number] = r
		}
	}
	return done, nil
}

// append adds a record to the journal in dir.
func (r record) append(dir string) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// A line break comes first, in case that the line before it was cut.
	return file.Append(filepath.Join(dir, journalFile), append(append([]byte("\n"), line...), '\n'))
}

// verify forgets shards that are not on disk as the journal says.
func (w *Writer) verify(ctx context.Context) error {
	listed := w.done
	w.done = map[int]record{}
	workers := pool.New().WithContext(ctx).WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for n, r := range listed {
		workers.Go(func(ctx context.Context) error {
			if ctx.Err() == nil && w.intact(&r) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.done[n] = r
			}
			return ctx.Err()
		})
	}
	return workers.Wait()
}

// intact reports whether a shard is on disk as a record says, and notes when its file was touched.
func (w *Writer) intact(r *record) bool {
	if r.Number < 0 || r.Number >= w.shards() || len(r.Histogram) != r.Channels ||
		r.Channels != w.plan.Channels && !(r.Channels == 1 && r.Grey) {
		return false
	}
	b, modified, err := mapFile(shardPath(w.dir, r.Number))
	if err != nil {
		return false
	}
	defer b.Unmap()
	r.Modified = modified
	want := w.size(r.Number) * w.plan.Height * w.plan.Width * r.Channels
	return len(b) == want && crc32.Checksum(b, castagnoli) == r.CRC32C
}
