package nse

import (
	"context"
	"fmt"
	"strings"

	"github.com/nse-dev/nse/internal/architecture"
	"github.com/nse-dev/nse/internal/export"
	"github.com/nse-dev/nse/internal/file"
)

// ExportOptions say which network is written, and how.
type ExportOptions struct {
	// Pick is the name of the architecture where the source has several, such as "front-1". It may be empty where the
	// source has only one. Of a run it may also be what a round has scored, such as "round-2-17" (Architecture.Name).
	Pick string
	// Run is the folder of the run that a file's architectures belong to. It may be empty where the file says that.
	Run string
	// ONNX is the path of a file to write as ONNX of opset 17. Empty writes none.
	ONNX string
	// KeepBN leaves the network as it was trained. Otherwise parallel branches are merged into one convolution, and
	// ONNX has batch normalisation in the convolutions before it.
	KeepBN bool
	// PyTorch is the path of a Python file to write, which ends in .py. The weights come beside it, with the ending
	// .safetensors. Empty writes neither.
	PyTorch string
	// Normalise has the network take pixels of 0 to 1 and normalise them as in training. Otherwise it takes normalised
	// images. A network whose source does not know the mean and the deviation of its data cannot normalise.
	Normalise bool
	// Seed draws the weights of an architecture that has none. A trained model ignores it.
	Seed uint64
	// SqueezeExcite and Swish change an architecture as in RetrainOptions. They are an error for a trained model.
	SqueezeExcite, Swish bool
}

// Description is a network with all that follows from its graphs: layers, shapes, tensors and counts. Its JSON is that
// of nse export --json.
type Description = export.Description

// Export writes a network for other runtimes. source is a model's folder, a run's folder, a published architecture's
// name, or the path of a file of architectures. Of a run it is the last front that counts. Of the options only Ops and
// Host are used.
//
// The network's input is [batch, channels, height, width] and its output logits [batch, classes], both float32. A file
// is complete or not there, and one that exists is replaced. A network with an operation that runs in its plugin cannot
// be written, which is an error.
func Export(ctx context.Context, source string, x ExportOptions, o Options) (err error) {
	n, err := x.network(ctx, source, o)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", n.Name, err)
		}
	}()
	if n.Weights == nil {
		if err := n.Initialise(x.Seed); err != nil {
			return err
		}
	}
	if !x.KeepBN {
		merged, err := n.Merged()
		if err != nil {
			return err
		}
		n = merged
	}
	if x.ONNX != "" {
		model, err := n.ONNX(export.ONNXConfig{KeepBN: x.KeepBN, Normalise: x.Normalise})
		if err == nil {
			err = file.Output(x.ONNX, model)
		}
		if err != nil {
			return err
		}
	}
	if x.PyTorch == "" {
		return nil
	}
	return x.module(n)
}

// Describe describes the network that Export would write, and writes nothing. It needs no weights, and takes operations
// that run in their plugins. ctx, source and errors are as in Export.
func Describe(ctx context.Context, source string, x ExportOptions, o Options) (d Description, err error) {
	n, err := x.network(ctx, source, o)
	if err != nil {
		return d, err
	}
	if d, err = n.Describe(); err != nil {
		err = fmt.Errorf("%s: %w", n.Name, err)
	}
	return d, err
}

// module writes the PyTorch module after its weights, so that a module is never without them.
func (x ExportOptions) module(n *export.Network) error {
	module, err := n.Torch(export.TorchConfig{Normalise: x.Normalise})
	if err != nil {
		return err
	}
	weights, err := n.Weights.Encode()
	if err == nil {
		err = file.Output(strings.TrimSuffix(x.PyTorch, ".py")+".safetensors", weights)
	}
	if err != nil {
		return err
	}
	return file.Output(x.PyTorch, module)
}

// network is the network of a trained model, or of an architecture. Its weights are nil for an architecture.
func (x ExportOptions) network(ctx context.Context, source string, o Options) (*export.Network, error) {
	list, err := o.opener().Open(ctx, architecture.Source{Path: source, Run: x.Run, Pick: x.Pick},
		architecture.Variant{SqueezeExcite: x.SqueezeExcite, Swish: x.Swish})
	if err != nil {
		return nil, err
	}
	defer list.Close()
	p, err := list.One(x.Pick)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return p.Network()
}
