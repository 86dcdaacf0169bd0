package export

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/nse-dev/nse/supernet"
)

func macroOf(layers string) supernet.Macro {
	return supernet.Macro{StemStride: 1, Channels: []int{8}, Layers: layers}
}

// fields are the values of one field of an encoded message, in order. Numbers are decoded as varints.
func fields(t *testing.T, m []byte, field protowire.Number) (values [][]byte, numbers []int) {
	t.Helper()
	for len(m) > 0 {
		num, kind, n := protowire.ConsumeTag(m)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m = m[n:]
		size := protowire.ConsumeFieldValue(num, kind, m)
		if size < 0 {
			t.Fatal(protowire.ParseError(size))
		}
		if num == field && kind == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(m)
			values = append(values, v)
		} else if num == field && kind == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(m)
			numbers = append(numbers, int(int64(v)))
		}
		m = m[size:]
	}
	return values, numbers
}

func texts(values [][]byte, _ []int) (list []string) {
	for _, v := range values {
		list = append(list, string(v))
	}
	return list
}

func first(values [][]byte, _ []int) []byte { return values[0] }

// Every operator reads what an operator before it, a constant or the input gives; names are unique; every constant is
// read and as long as its shape says.
func TestGraphsAreWellFormed(t *testing.T) {
	for _, n := range networks(t) {
		for _, c := range []ONNXConfig{{}, {KeepBN: true}, {Normalise: n.Data != nil}} {
			model, err := n.ONNX(c)
			if err != nil {
				t.Fatal(err)
			}
			graph := first(fields(t, model, 7))
			given, read := map[string]bool{"image": true}, map[string]bool{"logits": true}
			give := func(name string) {
				if given[name] {
					t.Errorf("%s %+v: %s is there twice", n.Name, c, name)
				}
				given[name] = true
			}
			constants, _ := fields(t, graph, 5)
			for _, tensor := range constants {
				give(string(first(fields(t, tensor, 8))))
				_, size := fields(t, tensor, 2)
				bytes := map[int]int{typeFloat: 4, typeInt64: 8}[size[0]]
				_, dims := fields(t, tensor, 1)
				for _, d := range dims {
					bytes *= d
				}
				if got := len(first(fields(t, tensor, 9))); got != bytes || bytes == 0 {
					t.Errorf("%s %+v: constant of shape %v has %d bytes, want %d", n.Name, c, dims, got, bytes)
				}
			}
			operators, _ := fields(t, graph, 1)
			for _, m := range operators {
				for _, in := range texts(fields(t, m, 1)) {
					if read[in] = true; !given[in] {
						t.Errorf("%s %+v: nothing before gives %s", n.Name, c, in)
					}
				}
				for _, out := range texts(fields(t, m, 2)) {
					give(out)
				}
			}
			for name := range given {
				if !read[name] {
					t.Errorf("%s %+v: nothing reads %s", n.Name, c, name)
				}
			}
		}
	}
}

// A BatchNorm is an operator of its own if it is kept, or if no convolution that only it reads stands before it.
func TestFolding(t *testing.T) {
	n := networks(t)[8]
	for _, c := range []struct {
		config ONNXConfig
		want   int
	}{{ONNXConfig{KeepBN: true}, 1 + 3 + 3 + 3}, {ONNXConfig{}, 2 + 2}} {
		model, err := n.ONNX(c.config)
		if err != nil {
			t.Fatal(err)
		}
		norms := 0
		operators, _ := fields(t, first(fields(t, model, 7)), 1)
		for _, m := range operators {
			if string(first(fields(t, m, 4))) == "BatchNormalization" {
				norms++
			}
		}
		if norms != c.want {
			t.Errorf("%+v: %d operators BatchNormalization, want %d", c.config, norms, c.want)
		}
	}
}

func TestInputsAndOutputs(t *testing.T) {
	n := networks(t)[1]
	model, err := n.ONNX(ONNXConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, version := fields(t, model, 1); !slices.Equal(version, []int{8}) {
		t.Errorf("IR version %v, want 8", version)
	}
	if _, version := fields(t, first(fields(t, model, 8)), 2); !slices.Equal(version, []int{17}) {
		t.Errorf("opset %v, want 17", version)
	}
	graph := first(fields(t, model, 7))
	for field, want := range map[protowire.Number]string{11: "image batch 1 12 15", 12: "logits batch 5"} {
		info := first(fields(t, graph, field))
		got := []string{string(first(fields(t, info, 1)))}
		shape := first(fields(t, first(fields(t, first(fields(t, info, 2)), 1)), 2))
		dims, _ := fields(t, shape, 1)
		for _, d := range dims {
			got = append(got, texts(fields(t, d, 2))...)
			_, sizes := fields(t, d, 1)
			for _, size := range sizes {
				got = append(got, strconv.Itoa(size))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s, want %s", strings.Join(got, " "), want)
		}
	}
}

// All three formats say to which size images are scaled before their middle is cut out, where that is known.
func TestResizeIsWritten(t *testing.T) {
	for side, want := range map[int]struct{ metadata, text, description string }{
		0:  {"", "", ""},
		20: {"resize 20", "the middle of images whose shorter side is scaled to 20 pixels. Written", `"resize":20`},
	} {
		n := networks(t)[1]
		n.Resize = side
		model, err := n.ONNX(ONNXConfig{})
		if err != nil {
			t.Fatal(err)
		}
		var metadata []string
		properties, _ := fields(t, model, fieldMetadata)
		for _, p := range properties {
			metadata = append(metadata, string(first(fields(t, p, 1)))+" "+string(first(fields(t, p, 2))))
		}
		if got := strings.Join(metadata, " "); got != want.metadata {
			t.Errorf("resize %d: metadata %q, want %q", side, got, want.metadata)
		}
		module, err := n.Torch(TorchConfig{})
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(module), "\n")
		if strings.Contains(head, "shorter side") != (side > 0) || !strings.Contains(head, want.text) {
			t.Errorf("resize %d: the module begins with %s", side, head)
		}
		d, err := n.Describe()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		got := string(text)
		if strings.Contains(got, `"resize"`) != (side > 0) || !strings.Contains(got, want.description) {
			t.Errorf("resize %d: described without %s", side, want.description)
		}
	}
}
