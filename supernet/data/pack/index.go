package pack

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nse-dev/nse/internal/file"
)

// Index says what a pack has.
type Index struct {
	Key        string         `json:"key"`  // that of the Plan
	Spec       string         `json:"spec"` // what was packed
	Height     int            `json:"height"`
	Width      int            `json:"width"`
	Channels   int            `json:"channels"`
	Background string         `json:"background,omitempty"` // of transparent pixels, as #rrggbb
	Classes    []string       `json:"classes"`
	Mean       []float32      `json:"mean"` // [Channels] of training images, of values in 0..1
	Std        []float32      `json:"std"`
	Left       map[string]int `json:"left,omitempty"` // files that were passed over, by reason
	Notes      []string       `json:"notes,omitempty"`
	PerShard   int            `json:"images_per_shard"` // the last one may have fewer
	Shards     []Shard        `json:"shards"`
	Train      Side           `json:"train"`
	Validate   Side           `json:"validate"`
	Test       Side           `json:"test"`
}

// Side lists the images of one side of a set, in its order.
type Side struct {
	Places  []int32  `json:"places"` // image i is at Places[i] % PerShard of shard Places[i] / PerShard
	Labels  []int32  `json:"labels"`
	Digests []uint64 `json:"digests"`
	Names   []string `json:"names,omitempty"` // of files; nil where images have none
}

// Shard is a file of pixels.
type Shard struct {
	CRC32C   uint32 `json:"crc32c"`
	Modified int64  `json:"modified"` // when the file was written, in nanoseconds since 1970
}

// Version is that of the format.
const Version = 1

// format is what an index begins with.
const format = "nse pack"

// document is the text of an index.
type document struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"` // of the bytes of Index
	Index   json.RawMessage `json:"index"`
}

// maxIndex bounds the text of an index in bytes: some ten million images.
const maxIndex = 1 << 30

func (x Index) encode() ([]byte, error) {
	inner, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	return json.Marshal(document{format, Version, file.Sum(inner), inner})
}

// decodeIndex reads what encode has written. Of an index that it accepts, all places are within the shards.
func decodeIndex(b []byte) (x Index, err error) {
	if len(b) > maxIndex {
		return x, fmt.Errorf("%d bytes: want at most %d", len(b), maxIndex)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return x, fmt.Errorf("not the index of a pack, or cut: %w", err)
	}
	switch {
	case d.Format != format:
		return x, errors.New("not the index of a pack")
	case d.Version != Version:
		return x, fmt.Errorf("a pack of version %d: this nse reads version %d: pack the images again", d.Version,
			Version)
	case file.Sum(d.Index) != d.SHA256:
		return x, errors.New("damaged: another checksum than when it was written: " + mend)
	}
	if err := json.Unmarshal(d.Index, &x); err != nil {
		return x, fmt.Errorf("not the index of a pack: %w", err)
	}
	return x, x.validate()
}

// maxSide bounds the height and the width of images in pixels.
const maxSide = 1 << 12

// validate refuses an index that leads out of its shards or its classes.
func (x Index) validate() error {
	switch {
	case min(x.Height, x.Width) < 1 || max(x.Height, x.Width) > maxSide || x.Channels != 1 && x.Channels != 3:
		return fmt.Errorf("images of %d×%d×%d: want 1 to %d pixels a side, 1 or 3 channels", x.Height, x.Width,
			x.Channels, maxSide)
	case len(x.Mean) != x.Channels || len(x.Std) != x.Channels || !(slices.Min(x.Std) > 0):
		return fmt.Errorf("no mean and deviation of %d channels", x.Channels)
	case x.PerShard < 1 || x.PerShard > maxShard || len(x.Shards) != (x.images()+x.PerShard-1)/x.PerShard ||
		x.images() == 0:
		return fmt.Errorf("%d shards of %d images for %d images", len(x.Shards), x.PerShard, x.images())
	}
	for _, s := range []Side{x.Train, x.Validate, x.Test} {
		n := len(s.Places)
		if len(s.Labels) != n || len(s.Digests) != n || s.Names != nil && len(s.Names) != n {
			return fmt.Errorf("%d images with %d labels, %d digests and %d names", n, len(s.Labels), len(s.Digests),
				len(s.Names))
		}
		for i, place := range s.Places {
			if place < 0 || int(place) >= x.images() || s.Labels[i] < 0 || int(s.Labels[i]) >= len(x.Classes) {
				return fmt.Errorf("image %d: place %d of %d, class %d of %d", i, place, x.images(), s.Labels[i],
					len(x.Classes))
			}
		}
	}
	return nil
}

// images is the number of all images.
func (x Index) images() int { return len(x.Train.Places) + len(x.Validate.Places) + len(x.Test.Places) }

// each is the size of an image in bytes.
func (x Index) each() int { return x.Height * x.Width * x.Channels }

// shardBytes is the size of shard n.
func (x Index) shardBytes(n int) int64 {
	return int64(min(x.PerShard, x.images()-n*x.PerShard)) * int64(x.each())
}
