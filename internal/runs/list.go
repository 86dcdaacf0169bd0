package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nse-dev/nse/internal/file"
)

// Summary is one line of the list of runs.
type Summary struct {
	Dir      string    `json:"dir"`
	Status   string    `json:"status"`           // running, finished, stopped or damaged
	Rounds   int       `json:"rounds"`           // finished
	Best     float64   `json:"best"`             // greatest accuracy on the last front, 0..1
	Epochs   int       `json:"epochs,omitempty"` // that Best was trained alone for; 0: it has shared weights
	Front    int       `json:"front"`            // architectures on the last front
	Data     string    `json:"data"`
	Seed     uint64    `json:"seed"`
	Created  time.Time `json:"created"`
	Problem  string    `json:"problem,omitempty"` // why it cannot be read
	finished bool
}

// List summarises the runs in the folders under root, by name. A root that is a run itself gives that one alone, and a
// root that does not exist gives none. A run that cannot be read is in the list, and its Problem says why.
func List(root string) (list []Summary, err error) {
	if Exists(root) {
		return []Summary{summarise(root)}, nil
	}
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, file.PathError(root, err)
	}
	for _, e := range entries {
		if dir := filepath.Join(root, e.Name()); Exists(dir) {
			list = append(list, summarise(dir))
		}
	}
	return list, nil
}

func summarise(dir string) Summary {
	s := Summary{Dir: dir, Status: "stopped"}
	if err := s.read(); err != nil {
		s.Status, s.Problem = "damaged", err.Error()
	} else if s.finished {
		s.Status = "finished"
	} else if file.Locked(filepath.Join(dir, lockFile)) {
		s.Status = "running"
	}
	return s
}

func (s *Summary) read() error {
	r, err := Read(s.Dir)
	if err != nil {
		return err
	}
	defer r.Close()
	s.Data, s.Seed, s.Created = r.Info.Data, r.Info.Seed, r.Info.Created
	last, err := r.Last()
	if err != nil {
		return err
	}
	s.finished = last.Done
	const query = `SELECT count(*), coalesce(max(round), 0) FROM rounds WHERE hypervolume IS NOT NULL`
	round := 0
	if err := r.query(query, func(scan scanner) error { return scan(&s.Rounds, &round) }); err != nil {
		return err
	}
	archs, err := r.Architectures(round)
	for _, a := range OnFront(archs) {
		s.Front++
		if a.Accuracy >= s.Best {
			s.Best, s.Epochs = a.Accuracy, a.Epochs
		}
	}
	return err
}

// Next makes a new folder under root, named by the next free number: 001, 002, ... Processes that call it at the same
// time get different folders.
func Next(root string) (string, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", file.PathError(root, err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return "", file.PathError(root, err)
	}
	last := 0
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	for {
		last++
		dir := filepath.Join(root, fmt.Sprintf("%03d", last))
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", file.PathError(dir, err)
		}
	}
}
