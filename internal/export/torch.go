package export

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nse-dev/nse/sdk"
	"github.com/nse-dev/nse/supernet"
)

// TorchConfig says what a PyTorch module holds besides the network.
type TorchConfig struct {
	Normalise bool // pixels of 0..1 with the data's mean and standard deviation, so that the input is pixels
}

// modules are the parts that a module is made of, two empty lines between them.
//
//go:embed modules.py
var modules string

// Torch is the network as a Python module that needs PyTorch alone. Its class Net takes images [N, C, H, W] to logits
// [N, classes], and its function load(path) reads the weights from safetensors. A list CLASSES has the names of the
// classes, if they have any.
//
// Parameters have the names of the network's tensors. A network with an Exec primitive is an error, and so is Normalise
// without the data's statistics.
func (n *Network) Torch(c TorchConfig) ([]byte, error) {
	if err := n.mappable(); err != nil {
		return nil, err
	}
	if c.Normalise && n.Data == nil {
		return nil, errNoData
	}
	net := n.class(c.Normalise)
	var parts []string
	for part := range strings.SplitSeq(strings.TrimSpace(modules), "\n\n\n") {
		if strings.HasPrefix(part, "def read_safetensors") {
			for _, kind := range slices.Sorted(maps.Keys(typed)) {
				for class := range strings.SplitSeq(strings.TrimSpace(typed[kind].classes), "\n\n\n") {
					if class != "" && needed(class, net) {
						parts = append(parts, class)
					}
				}
			}
			if n.Classes != nil {
				parts = append(parts, "CLASSES = "+n.classNames())
			}
			parts = append(parts, net)
		}
		if needed(part, net) {
			parts = append(parts, part)
		}
	}
	in, before := n.Stem.In, ""
	if n.Resize > 0 {
		before = fmt.Sprintf("They are the middle of images whose shorter side is scaled to %d pixels. ", n.Resize)
	}
	doc := fmt.Sprintf("%q", fmt.Sprintf("%s: images of %d×%d pixels and %d channels to logits of %d classes. %s"+
		"Written by nse export.", n.Name, in.Height, in.Width, in.Channels, n.classes(), before))
	return []byte(`""` + doc + `""` + "\n\n" + strings.Join(parts, "\n\n\n") + "\n"), nil
}

var errNoData = errors.New("export: there are no data statistics to normalise with: the network was trained on no data")

var definition = regexp.MustCompile(`^(?:class )?([A-Z]\w*)`)

// needed reports whether a class or a constant is used in a text; anything else always is.
func needed(part, text string) bool {
	name := definition.FindStringSubmatch(part)
	return name == nil || regexp.MustCompile(`\b`+name[1]+`\b`).MatchString(text)
}

// class is the definition of Net.
func (n *Network) class(normalise bool) string {
	var b strings.Builder
	b.WriteString("class Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(OrderedDict(\n")
	if normalise {
		fmt.Fprintf(&b, "            normalise=Normalise(%s, %s),\n", floats(n.Data.Mean), floats(n.Data.Std))
	}
	fmt.Fprintf(&b, "            stem=%s,\n", sequence(n.stem(), 12))
	b.WriteString("            layers=nn.Sequential(\n")
	for l := range n.Branches {
		b.WriteString(n.layer(l))
	}
	b.WriteString("            ),\n")
	for i, node := range n.Head.Nodes {
		name := node.Name
		if len(node.Primitive.Params(n.Head.InputShapes(i))) == 0 {
			name = node.Primitive.Kind()
		}
		fmt.Fprintf(&b, "            %s=%s,\n", name, expression(n.head(), i))
	}
	b.WriteString("            flatten=nn.Flatten(),\n        ))")
	return b.String()
}

// classNames are in JSON, which is Python too.
func (n *Network) classNames() string {
	text, err := json.Marshal(n.Classes)
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(text)
}

func (n *Network) classes() int { return n.Head.Nodes[n.Head.Output].Shape.Channels }

// layer is one element of layers.
func (n *Network) layer(l int) string {
	layer := n.Layers[l]
	if len(n.Branches[l]) == 0 {
		return fmt.Sprintf("                nn.Identity(),  # %s\n", layer)
	}
	module, options := "Mean", ", identity=False"
	switch join := n.Join(l); {
	case join == supernet.Sum:
		module, options = "Sum", ""
	case join == supernet.Residual:
		module, options = "Residual", ""
	case layer.Normal():
		options = ", identity=True"
	}
	text := fmt.Sprintf("                %s({  # %s\n", module, layer)
	for i, b := range n.Branches[l] {
		text += fmt.Sprintf("                    # %s\n                    \"%d\": %s,\n", b.Op, i,
			sequence(n.branch(l, i), 20))
	}
	return text + fmt.Sprintf("                }%s),\n", options)
}

// sequence is the expression of a block that stands at an indentation: nn.Sequential where each node reads the one
// before and has its index for a name, and Graph otherwise.
func sequence(b block, indent int) string {
	margin := "\n" + strings.Repeat(" ", indent+4)
	text, chain := "", true
	for i, node := range b.Nodes {
		chain = chain && node.Name == fmt.Sprint(i) && len(node.Inputs) == 1 && node.Inputs[0] == i-1
		if _, conv := node.Primitive.(sdk.Conv2D); conv || i == 0 {
			text += margin
		} else {
			text += " "
		}
		text += expression(b, i) + ","
	}
	if chain {
		return "nn.Sequential(" + text + margin[:indent+1] + ")"
	}
	text = ""
	for i, node := range b.Nodes {
		text += fmt.Sprintf(`%s("%s", %s`, margin, node.Name, expression(b, i))
		for _, from := range node.Inputs {
			if from == sdk.InputNode {
				text += ", INPUT"
			} else {
				text += fmt.Sprintf(`, "%s"`, b.Nodes[from].Name)
			}
		}
		text += "),"
	}
	return "Graph(" + text + margin[:indent+1] + ")"
}

// expression makes the module of node i.
func expression(b block, i int) string {
	n := b.node(i)
	m, _ := mappingOf(n.Primitive)
	return m.torch(n)
}

func floats(v []float32) string { return strings.ReplaceAll(fmt.Sprint(v), " ", ", ") }
