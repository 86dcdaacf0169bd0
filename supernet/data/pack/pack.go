// Package pack keeps the pixels of image sets in files that are mapped into memory, which may be smaller than a set.
//
// A pack is a folder. Its shards are files of raw bytes, [images, Height, Width, Channels] of uint8, and an index says
// what their images are. The index is written last: a folder without it is not a whole pack.
package pack

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/edsrzf/mmap-go"
	"github.com/sourcegraph/conc/pool"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
)

// The files of a pack beside its shards. The journal has what a later attempt needs to go on.
const (
	indexFile   = "index.json"
	journalFile = "shards.jsonl"
	lockFile    = "lock"
)

// maxShard is the size of a shard in bytes, at most, unless an image is larger.
const maxShard = 256 << 20

// castagnoli is the table of CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Pack is an open pack. Its files stay mapped until the process ends.
type Pack struct {
	Index
	shards [][]byte
}

// Open maps the pack in a folder. The sum of a shard is compared if the file was touched after it was packed. Errors
// name the file.
func Open(ctx context.Context, dir string) (*Pack, error) {
	x, err := readIndex(dir)
	if err != nil {
		return nil, err
	}
	p := &Pack{Index: x, shards: make([][]byte, len(x.Shards))}
	workers := pool.New().WithContext(ctx).WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithCancelOnError().WithFirstError()
	for n, s := range x.Shards {
		workers.Go(func(ctx context.Context) (err error) {
			p.shards[n], err = x.open(ctx, dir, n, s)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	return p, nil
}

// readIndex reads the index of the pack in a folder, or says why it is none.
func readIndex(dir string) (x Index, err error) {
	path := filepath.Join(dir, indexFile)
	b, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, journalFile)); err == nil {
			return x, fmt.Errorf("%s is not packed to its end: the same nse data pack goes on", text.Printable(dir))
		}
		return x, fmt.Errorf("%s is no pack: want a folder that nse data pack has written", text.Printable(dir))
	}
	if err != nil {
		return x, err
	}
	if x, err = decodeIndex(b); err != nil {
		return x, fmt.Errorf("%s: %w", text.Printable(path), err)
	}
	return x, nil
}

// open maps shard n.
func (x Index) open(ctx context.Context, dir string, n int, s Shard) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	path := shardPath(dir, n)
	b, modified, err := mapFile(path)
	if err != nil {
		return nil, file.PathError(text.Printable(path), err)
	}
	if want := x.shardBytes(n); int64(len(b)) != want {
		return nil, fmt.Errorf("%s is damaged: %d bytes, want %d: %s", text.Printable(path), len(b), want, mend)
	}
	if modified != s.Modified && crc32.Checksum(b, castagnoli) != s.CRC32C {
		return nil, fmt.Errorf("%s is damaged: another checksum than when it was packed: %s", text.Printable(path),
			mend)
	}
	return b, nil
}

// mend is what helps against damage.
const mend = "the same nse data pack makes it anew"

// mapFile maps a file for reading. It may not be empty.
func mapFile(path string) (b mmap.MMap, modified int64, err error) {
	if err := file.Plain(path); err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	if info.Size() == 0 {
		return nil, 0, errors.New("the file is empty")
	}
	b, err = mmap.Map(f, mmap.RDONLY, 0)
	return b, info.ModTime().UnixNano(), err
}

// shardPath is where shard n of a pack is.
func shardPath(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%05d.pixels", n)) }

// Images are the pixels of a side, in its order: [N], each [Height, Width, Channels]. Nobody may write to them.
func (p *Pack) Images(s Side) [][]uint8 {
	images := make([][]uint8, len(s.Places))
	each := p.each()
	for i, place := range s.Places {
		at := int(place) % p.PerShard * each
		images[i] = p.shards[int(place)/p.PerShard][at : at+each : at+each]
	}
	return images
}
