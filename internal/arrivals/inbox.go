package arrivals

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/registry"
)

// inboxFolder is the folder in a run's folder for pool files that Leave puts there.
const inboxFolder = "inbox"

// Describe makes a pool of a file that a user names: a pool file with the lock beside it, or a plugin. A plugin is
// started, and each of its families is taken once with the defaults of its attributes.
func Describe(ctx context.Context, path string, o registry.Options) (p runs.Pool, err error) {
	p.Source = path
	if p.Dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return p, err
	}
	if filepath.Ext(path) == ".toml" {
		if p.Text, err = file.ReadText(path); err == nil {
			p.Lock, err = registry.ReadLock(filepath.Dir(path))
		}
		return p, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return p, err
	}
	if info.Mode().Perm()&0o111 == 0 {
		return p, errNotOurs
	}
	abs, err := filepath.Abs(path)
	if err == nil {
		p.Text, err = registry.Describe(ctx, abs, o)
	}
	return p, err
}

// Leave puts a pool into a run's inbox, where the next replenishment of its search finds it. Any process may call it
// while another searches. The result is the path of the file.
func Leave(runDir string, p runs.Pool) (path string, err error) {
	data, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	path = filepath.Join(runDir, inboxFolder, inboxName(time.Now(), data))
	return path, file.Write(path, data)
}

// Waiting reports whether a run's inbox has a pool already, and the file that it came from.
func Waiting(runDir string, p runs.Pool) (source string, waits bool) {
	for _, path := range regular(filepath.Join(runDir, inboxFolder)) {
		w, err := readInbox(path)
		if err == nil && bytes.Equal(w.Text, p.Text) && bytes.Equal(w.Lock, p.Lock) && w.Dir == p.Dir {
			return w.Source, true
		}
	}
	return "", false
}

// inboxName is the name of a file of the inbox. It has a checksum, so that a damaged file is not taken for another
// pool.
func inboxName(now time.Time, data []byte) string {
	return now.UTC().Format("20060102T150405.000000000") + "-" + file.Sum(data) + ".json"
}

// readInbox reads what Leave wrote.
func readInbox(path string) (p runs.Pool, err error) {
	data, err := file.Read(path)
	if err != nil {
		return p, err
	}
	if !strings.HasSuffix(path, "-"+file.Sum(data)+".json") {
		return p, errors.New("it is not what nse wrote: remove it, and add its operations again")
	}
	return p, json.Unmarshal(data, &p)
}
