package pack

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/text"
)

// Plan says what is to be packed. Images have places from 0, in the order in which they are put at best.
type Plan struct {
	Key                     string // of what is packed: equal keys have equal pixels at equal places
	Images                  int
	Height, Width, Channels int
	Counts                  func(place int) bool // whether an image is one of those that Histogram counts
	Shard                   int                  // the size of a shard in bytes, at most; 0 is 256 MiB
}

// Writer writes the shards of a pack. Its methods may be called from several goroutines until Finish. Close it after
// use.
type Writer struct {
	dir  string
	plan Plan
	per  int // images of a shard
	lock *os.File

	mu   sync.Mutex
	open map[int]*draft
	done map[int]record
}

// draft is a shard that is being written.
type draft struct {
	file     *os.File
	missing  int // images
	coloured bool
}

// Free is an error if there is something else in a folder than a pack, whole or not. The folder need not be there.
func Free(dir string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(names) == 0 {
		return nil
	}
	if err != nil {
		return file.PathError(text.Printable(dir), err)
	}
	for _, e := range names {
		if e.Name() == journalFile {
			return nil
		}
	}
	return fmt.Errorf("%s has something in it that is no pack: want a new or an empty folder", text.Printable(dir))
}

// Create begins a pack in a folder, or goes on with one: shards that are whole stay. A pack with another key is an
// error, and so is a disk without the room.
func Create(ctx context.Context, dir string, p Plan) (w *Writer, err error) {
	if err := Free(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, file.PathError(text.Printable(dir), err)
	}
	size := p.Shard
	if size == 0 {
		size = maxShard
	}
	w = &Writer{dir: dir, plan: p, per: max(1, size/p.each()), open: map[int]*draft{}}
	if w.lock, err = file.Lock(filepath.Join(dir, lockFile)); err != nil {
		return nil, fmt.Errorf("%s: %w", text.Printable(dir), err)
	}
	if w.done, err = readJournal(dir, p.Key); err == nil {
		err = w.verify(ctx)
	}
	if err == nil {
		err = w.roomy()
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

func (p Plan) each() int { return p.Height * p.Width * p.Channels }

// size is the number of images of shard n.
func (w *Writer) size(n int) int { return min(w.per, w.plan.Images-n*w.per) }

// shards is the number of all shards.
func (w *Writer) shards() int { return (w.plan.Images + w.per - 1) / w.per }

// roomy is an error if the disk has no room for what is missing.
func (w *Writer) roomy() error {
	need := int64(0)
	for n := range w.shards() {
		if _, done := w.done[n]; !done {
			need += int64(w.size(n)) * int64(w.plan.each())
		}
	}
	u, err := disk.Usage(w.dir)
	if err != nil || uint64(need) <= u.Free { // where the system does not tell, writing will
		return nil
	}
	return fmt.Errorf("%s: no space: %s are needed, %s are free", text.Printable(w.dir), Bytes(need),
		Bytes(int64(u.Free)))
}

// Bytes is a size for people, such as "12.4 GB".
func Bytes(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// Has reports whether an image is in a whole shard, and need not be put.
func (w *Writer) Has(place int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, done := w.done[place/w.per]
	return done
}

// Put writes an image: [Height, Width, Channels] of the plan. Each one that Has does not have is put once. grey says
// that its three channels are equal.
func (w *Writer) Put(place int, pixels []uint8, grey bool) error {
	n := place / w.per
	d, err := w.draft(n)
	if err == nil {
		_, err = d.file.WriteAt(pixels, int64(place%w.per)*int64(w.plan.each()))
	}
	if err != nil {
		return file.PathError(text.Printable(w.draftPath(n)), err)
	}
	w.mu.Lock()
	d.missing--
	d.coloured = d.coloured || !grey
	whole := d.missing == 0
	if whole {
		delete(w.open, n)
	}
	w.mu.Unlock()
	if !whole {
		return nil
	}
	return w.complete(n, d)
}

// draft is the file in which shard n is written.
func (w *Writer) draft(n int) (*draft, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d := w.open[n]; d != nil {
		return d, nil
	}
	path := w.draftPath(n)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	d := &draft{file: f, missing: w.size(n)}
	w.open[n] = d
	return d, nil
}

func (w *Writer) draftPath(n int) string { return shardPath(w.dir, n) + ".new" }

// complete has a shard on disk, under its name and in the journal.
func (w *Writer) complete(n int, d *draft) error {
	path := shardPath(w.dir, n)
	if err := errors.Join(d.file.Sync(), d.file.Close()); err != nil {
		return file.PathError(text.Printable(path), err)
	}
	b, modified, err := mapFile(w.draftPath(n))
	if err != nil {
		return file.PathError(text.Printable(path), err)
	}
	r := record{Number: n, Channels: w.plan.Channels, Grey: !d.coloured, Histogram: w.count(n, b),
		Shard: Shard{crc32.Checksum(b, castagnoli), modified}}
	if err := b.Unmap(); err != nil {
		return file.PathError(text.Printable(path), err)
	}
	if err := os.Rename(w.draftPath(n), path); err != nil {
		return file.PathError(text.Printable(path), err)
	}
	return w.enter(r)
}

// enter notes that a shard is on disk.
func (w *Writer) enter(r record) error {
	if err := file.SyncDir(w.dir); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[r.Number] = r
	return r.append(w.dir)
}

// count is the histogram of a shard's images that count, by channel.
func (w *Writer) count(n int, pixels []byte) [][256]int64 {
	h := make([][256]int64, w.plan.Channels)
	for i := range w.size(n) {
		if w.plan.Counts(n*w.per + i) {
			Count(h, pixels[i*w.plan.each():][:w.plan.each()])
		}
	}
	return h
}

// Count adds the pixels of an image to a histogram by channel.
func Count(h [][256]int64, pixels []uint8) {
	for c := range h {
		for i := c; i < len(pixels); i += len(h) {
			h[c][pixels[i]]++
		}
	}
}

// Compact is called when all images are put. It makes all shards have one channel if all images are grey, and returns
// the number of channels.
func (w *Writer) Compact(ctx context.Context) (channels int, err error) {
	if missing := w.shards() - len(w.done); missing > 0 {
		return 0, fmt.Errorf("%s: %d of %d shards are missing", text.Printable(w.dir), missing, w.shards())
	}
	for _, r := range w.done {
		if !r.Grey {
			return w.plan.Channels, nil
		}
	}
	for n := range w.shards() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if r := w.done[n]; r.Channels == 3 {
			if err := w.compact(r); err != nil {
				return 0, err
			}
		}
	}
	w.plan.Channels = 1
	return 1, nil
}

// compact keeps one of three equal channels of a shard.
func (w *Writer) compact(r record) error {
	path, sum := shardPath(w.dir, r.Number), crc32.New(castagnoli)
	err := file.Replace(path, w.draftPath(r.Number), func(to io.Writer) error {
		b, _, err := mapFile(path)
		if err != nil {
			return err
		}
		to = io.MultiWriter(to, sum)
		for part := range slices.Chunk(b, 3<<20) {
			grey := make([]byte, len(part)/3)
			for i := range grey {
				grey[i] = part[3*i]
			}
			if _, err = to.Write(grey); err != nil {
				break
			}
		}
		return errors.Join(err, b.Unmap())
	})
	if err != nil {
		return file.PathError(text.Printable(path), err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	r.Channels, r.Histogram, r.Shard = 1, r.Histogram[:1], Shard{sum.Sum32(), info.ModTime().UnixNano()}
	return w.enter(r)
}

// Histogram counts the pixels of the images that count, by channel: [Channels] after Compact.
func (w *Writer) Histogram() [][256]int64 {
	h := make([][256]int64, w.plan.Channels)
	for _, r := range w.done {
		for c := range h {
			for v, k := range r.Histogram[c] {
				h[c][v] += k
			}
		}
	}
	return h
}

// Finish writes the index of the images, after Compact. Its sides, its classes and what was noted are the caller's.
func (w *Writer) Finish(x Index) error {
	x.Key, x.Height, x.Width, x.Channels = w.plan.Key, w.plan.Height, w.plan.Width, w.plan.Channels
	x.PerShard, x.Shards = w.per, nil
	for n := range w.shards() {
		x.Shards = append(x.Shards, w.done[n].Shard)
	}
	if err := x.validate(); err != nil {
		return err
	}
	b, err := x.encode()
	if err != nil {
		return err
	}
	return file.Write(filepath.Join(w.dir, indexFile), b)
}

// Close ends the writing. What is whole stays for another attempt.
func (w *Writer) Close() {
	for n, d := range w.open {
		d.file.Close()
		os.Remove(w.draftPath(n)) // it is begun anew in any case
	}
	w.lock.Close()
}
