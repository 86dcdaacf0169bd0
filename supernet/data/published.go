package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/nse-dev/nse/supernet/data/published"
)

// publishedSources are the sets that package published reads.
func publishedSources() (list []Source) {
	for _, p := range published.Sources() {
		usage := p.Name + ":DIR"
		if strings.HasPrefix(p.Name, "emnist-") {
			usage = "emnist-SPLIT:DIR"
		}
		list = append(list, Source{p.Name, usage, "the folder with " + p.Files, p.Name + ":data/" + p.Name,
			func(ctx context.Context, dir string, o Options) (*Set, error) { return openPublished(ctx, p, dir, o) }})
	}
	return list
}

func openPublished(ctx context.Context, from published.Source, dir string, o Options) (*Set, error) {
	if err := checkDir(from.Name, dir, "the folder with "+from.Files); err != nil {
		return nil, err
	}
	s, err := from.Open(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from.Name, err)
	}
	set := &Set{Height: s.Height, Width: s.Width, Channels: s.Channels, Classes: s.Classes}
	set.Train = Split{Images: views(s.Train.Pixels, len(s.Train.Labels)), Labels: s.Train.Labels}
	set.Test = Split{Images: views(s.Test.Pixels, len(s.Test.Labels)), Labels: s.Test.Labels}
	return set.resize(o.Size), nil
}

// checkDir refuses a missing folder, saying what it should be.
func checkDir(name, dir, want string) error {
	if dir == "" {
		return fmt.Errorf("%s needs a folder: %s:DIR, %s", name, name, want)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %s: no such directory: want %s", name, dir, want)
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case !info.IsDir():
		return fmt.Errorf("%s: %s: not a directory: want %s", name, dir, want)
	}
	return nil
}
