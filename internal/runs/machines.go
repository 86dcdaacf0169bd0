package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nse-dev/nse/internal/file"
)

const machinesFile = "machines.json"

// machines is the format of machines.json.
type machines struct {
	Machines []string `json:"machines"`
	Sum      string   `json:"sha256"` // of the machines, a line for each
}

func (m machines) encode() []byte {
	m.Sum = file.Sum([]byte(strings.Join(m.Machines, "\n")))
	text, _ := json.MarshalIndent(m, "", " ") // strings only
	return append(text, '\n')
}

// Machines lists the machines that the run was searched on, as AddMachine was told. Runs of older versions have none.
func (r *Run) Machines() ([]string, error) {
	path := filepath.Join(r.Dir, machinesFile)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, file.PathError(path, err)
	}
	var m machines
	if err := json.Unmarshal(text, &m); err != nil || !bytes.Equal(text, m.encode()) {
		return nil, fmt.Errorf("%s is damaged: it is not what was written: put it back, or remove it", path)
	}
	return m.Machines, nil
}

// AddMachine adds a machine, unless it is known.
func (r *Run) AddMachine(machine string) error {
	known, err := r.Machines()
	if err != nil || slices.Contains(known, machine) {
		return err
	}
	return file.Write(filepath.Join(r.Dir, machinesFile), machines{Machines: append(known, machine)}.encode())
}

func (r *Run) verifyMachines() error {
	_, err := r.Machines()
	return err
}
