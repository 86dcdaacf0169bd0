package modelfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/reparam"
	"github.com/nse-dev/nse/internal/safetensors"
	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/sdk/wire"
	"github.com/nse-dev/nse/supernet"
	"github.com/nse-dev/nse/supernet/data"
	"github.com/nse-dev/nse/supernet/retrain"
)

// Exists reports whether dir holds a model, which is then complete.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, File))
	return err == nil
}

// Read reads and checks the description of the model in dir. Errors name the file.
func Read(dir string) (*Model, error) {
	path := filepath.Join(dir, File)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no model: it has no %s", dir, File)
	}
	if err != nil {
		return nil, err
	}
	m, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// Open reads the model in dir and builds it with its weights. workers is the number of cores, and 0 is all of them.
// Close the network after use. Exec primitives do not run.
func Open(dir string, workers int) (*Model, *supernet.Net, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, nil, err
	}
	n, err := m.Load(dir, workers)
	return m, n, err
}

// Load builds the network with the weights in dir, the model's folder. workers is as in Open. A weights file that is
// not the one model.json was written with is an error. Close the network after use.
func (m *Model) Load(dir string, workers int) (*supernet.Net, error) {
	weights, err := m.fitting(dir)
	if err != nil {
		return nil, err
	}
	return m.filled(dir, workers, weights)
}

// Inference is Load with parallel branches merged into one convolution, as package reparam does. Such a network is for
// inference alone. Its logits are those of Load but for rounding.
func (m *Model) Inference(dir string, workers int) (*supernet.Net, error) {
	weights, err := m.fitting(dir)
	if err != nil {
		return nil, err
	}
	graphs, weights, err := reparam.Network(m.Blocks(), weights)
	if err != nil {
		return nil, misfit(dir, err)
	}
	merged := *m
	merged.graphs = make([][]*sdk.Graph, len(m.graphs))
	graphs = graphs[1:] // without the stem, which has no branches, as the head behind the layers
	for l, path := range m.graphs {
		merged.graphs[l], graphs = graphs[:len(path)], graphs[len(path):]
	}
	return merged.filled(dir, workers, weights)
}

// fitting are the weights in dir, which are enough for the parameters that are counted.
func (m *Model) fitting(dir string) (*safetensors.File, error) {
	weights, err := m.Weights(dir)
	if err != nil {
		return nil, err
	}
	var have int64
	for _, t := range weights.Tensors {
		have += int64(len(t.Data))
	}
	if want := 4 * m.Count.Params; have < want { // before memory is taken for a network that cannot be this one
		return nil, misfit(dir, fmt.Errorf("%d bytes are too few for %d parameters", have, m.Count.Params))
	}
	return weights, nil
}

// filled builds the network with weights.
func (m *Model) filled(dir string, workers int, weights *safetensors.File) (*supernet.Net, error) {
	n, err := m.Net(0, workers)
	if err != nil {
		return nil, err
	}
	if err := n.SetTensors(weights); err != nil {
		n.Close()
		return nil, misfit(dir, err)
	}
	return n, nil
}

func misfit(dir string, err error) error {
	return fmt.Errorf("%s does not fit %s: %w", filepath.Join(dir, WeightsFile), File, err)
}

// Attach replaces the graph of a branch by an equal one whose exec primitives run in their plugin. A graph that is not
// equal is an error.
func (m *Model) Attach(layer, branch int, g *sdk.Graph) error {
	text, err := wire.MarshalGraph(g)
	if err != nil {
		return err
	}
	if b := m.Layers[layer][branch]; !bytes.Equal(text, b.Graph) {
		return fmt.Errorf("layer %d: this %s is not the operation that the model was made with", layer, b.Op)
	}
	m.graphs[layer][branch] = g
	return nil
}

// Untrained is the model before its training: without outcome and weights.
func (m *Model) Untrained() *Model {
	u := *m
	u.WeightsSum = ""
	if m.Training != nil {
		t := *m.Training
		t.Test, t.TrainImages, t.MACs = retrain.Outcome{}, 0, 0
		u.Training = &t
	}
	return &u
}

// Weights reads the weights file in dir, the model's folder. The tensors stand under the names of Blocks.
func (m *Model) Weights(dir string) (*safetensors.File, error) {
	path := filepath.Join(dir, WeightsFile)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: the model has no weights", path)
	}
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if found := file.Sum(text); found != m.WeightsSum {
		return nil, fmt.Errorf("%s is not the file that %s was written with: its sha256 is %s, not %q", path, File,
			found, m.WeightsSum)
	}
	return f, nil
}

// Images lists the images that the model was trained with, as its folder has them. There are none of models of older
// versions. A list that is not that of the model is an error.
func (m *Model) Images(dir string) (x data.Index, err error) {
	if m.Training == nil || m.Training.Fingerprint == (data.Fingerprint{}) {
		return x, nil
	}
	path := filepath.Join(dir, ImagesFile)
	text, err := file.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return x, fmt.Errorf("%s is missing: it lists the images that the model was trained with", path)
	}
	if err != nil {
		return x, err
	}
	if x, err = data.DecodeIndex(text); err != nil {
		return x, fmt.Errorf("%s: %w", path, err)
	}
	if x.Fingerprint() != m.Training.Fingerprint {
		return x, fmt.Errorf("%s is not the list that %s was written with", path, File)
	}
	return x, nil
}

// Write makes dir the folder of the model, with the weights of a network that Net built. It replaces a model that is
// there. model.json comes last, so that a folder with one is complete.
func (m *Model) Write(dir string, n *supernet.Net) error {
	weights := safetensors.File{Tensors: n.Tensors()}
	text, err := weights.Encode()
	if err != nil {
		return err
	}
	m.WeightsSum = file.Sum(text)
	description, err := m.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, File)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := file.Write(filepath.Join(dir, WeightsFile), text); err != nil {
		return err
	}
	return file.Write(filepath.Join(dir, File), description)
}

// Encode is the text of model.json: equal for equal models.
func (m *Model) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(m)
	return b.Bytes(), err
}

// decode trusts nothing in the text: graphs are rebuilt primitive by primitive.
func decode(text []byte) (*Model, error) {
	m := new(Model)
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("not a model: %w", err)
	}
	if head.Format != format {
		return nil, fmt.Errorf("format %d: this nse reads format %d", head.Format, format)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, err
	}
	if t := m.Training; t != nil {
		t.Settings.Optimizer = cmp.Or(t.Settings.Optimizer, retrain.SGD)
	}
	var err error
	if m.skeleton, err = m.Macro.Skeleton(m.network()); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := m.decodeGraphs(); err != nil {
		return nil, err
	}
	if c := m.count(); c != m.Count {
		return nil, fmt.Errorf("count: %d parameters and %d MACs, but the graphs have %d and %d", m.Count.Params,
			m.Count.MACs, c.Params, c.MACs)
	}
	return m, nil
}

func (m *Model) decodeGraphs() error {
	for l, path := range m.Layers {
		graphs := make([]*sdk.Graph, len(path))
		for i, b := range path {
			if !slices.ContainsFunc(m.Operations, func(o Operation) bool { return o.Name == b.Op }) {
				return fmt.Errorf("layer %d: %q is none of the operations", l, b.Op)
			}
			layer := m.skeleton.Layers[l]
			var err error
			if graphs[i], err = wire.UnmarshalGraph(b.Graph, layer.Input(), layer.Output()); err != nil {
				return fmt.Errorf("layer %d: the graph of %s is damaged: %w", l, b.Op, err)
			}
		}
		m.graphs = append(m.graphs, graphs)
	}
	return nil
}
