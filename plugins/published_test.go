package plugins_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
)

// published is a network that is laid out layer by layer, with the counts so far.
type published struct {
	t              *testing.T
	side, channels int // of the activations so far
	count          sdk.Count
}

// image begins a network on colour images of 224×224.
func image(t *testing.T) *published { return &published{t: t, side: 224, channels: 3} }

// op appends a layer with one operation.
func (p *published) op(family string, attrs sdk.Attrs, out, stride int, gate bool) {
	p.t.Helper()
	op, err := plugins.Builtin(family)
	if err != nil {
		p.t.Fatal(err)
	}
	l := sdk.Layer{In: p.channels, Out: out, Stride: stride, Height: p.side, Width: p.side, SqueezeExcite: gate}
	g, err := op.Graph(l, attrs)
	if err != nil {
		p.t.Fatal(err)
	}
	p.count = p.count.Plus(g.Count())
	p.side, p.channels = l.Output().Height, out
}

// stage appends n layers of one operation, the first of which has the stride.
func (p *published) stage(n int, family string, attrs sdk.Attrs, out, stride int) {
	p.t.Helper()
	for i := range n {
		if i > 0 {
			stride = 1
		}
		p.op(family, attrs, out, stride, false)
	}
}

// conv adds a convolution without bias that is no operation.
func (p *published) conv(out, kernel, stride, groups int) {
	p.side = (p.side + stride - 1) / stride
	weights := int64(out * p.channels / groups * kernel * kernel)
	p.count = p.count.Plus(sdk.Count{Params: weights, MACs: weights * int64(p.side*p.side)})
	p.channels = out
}

// norm adds a normalisation, or anything else with 2 parameters a channel.
func (p *published) norm() { p.count.Params += 2 * int64(p.channels) }

// projection adds a shortcut of 1×1 with normalisation from in channels to the layer that was added last.
func (p *published) projection(in int) {
	weights := int64(in * p.channels)
	p.count = p.count.Plus(sdk.Count{Params: weights + 2*int64(p.channels), MACs: weights * int64(p.side*p.side)})
}

// linear adds global average pooling, if there is any left to do, and a fully connected layer.
func (p *published) linear(out int) {
	weights := int64(p.channels * out)
	p.count = p.count.Plus(sdk.Count{Params: weights + int64(out), MACs: weights})
	p.side, p.channels = 1, out
}

// Networks of the operations have the counts that their papers or reference implementations tell. The stem, the head,
// and what stands between operations are added by hand.
func TestCountsEqualPublished(t *testing.T) {
	for _, c := range []struct {
		name         string
		params, macs string // in millions and in billions, as they are told; "" where they are not
		lay          func(p *published)
	}{
		// The parameters are those in training, the MACs those after merging: a tenth of them is the 1×1 branches'.
		{"RepVGG-A0", "9.11", "1.36", func(p *published) {
			p.op("repvgg", nil, 48, 2, false)
			for i, n := range []int{2, 4, 14, 1} {
				p.stage(n, "repvgg", nil, []int{48, 96, 192, 1280}[i], 2)
			}
			p.count.MACs -= p.count.MACs / 10
			p.linear(1000)
		}},
		{"MobileOne-S0 in training", "5.29", "", func(p *published) {
			p.op("repvgg", nil, 48, 2, false) // its first block is no other
			for i, n := range []int{2, 8, 10, 1} {
				p.stage(n, "mobileone", sdk.Attrs{"branches": 4}, []int{48, 128, 256, 1024}[i], 2)
			}
			p.linear(1000)
		}},
		{"FasterNet-T0", "3.9", "0.34", func(p *published) {
			p.conv(40, 4, 4, 1)
			p.norm()
			for i, n := range []int{1, 2, 8, 2} {
				p.stage(n, "pconv", nil, 40<<i, min(i+1, 2))
			}
			p.side = 1
			p.conv(1280, 1, 1, 1)
			p.linear(1000)
		}},
		{"StarNet-S1", "2.9", "0.425", func(p *published) {
			p.conv(32, 3, 2, 1)
			p.norm()
			for i, n := range []int{2, 2, 8, 3} {
				p.stage(n, "star", nil, 24<<i, 2)
			}
			p.norm()
			p.linear(1000)
		}},
		{"MobileNetV4-Conv-S", "3.8", "0.2", func(p *published) {
			uib := func(start, mid, expand, out, stride int) {
				p.op("uib", sdk.Attrs{"start": start, "mid": mid, "expand": expand}, out, stride, false)
			}
			p.conv(32, 3, 2, 1)
			p.norm()
			p.op("fusedmb", sdk.Attrs{"expand": 1}, 32, 2, false)
			p.conv(32, 1, 1, 1)
			p.norm()
			p.op("fusedmb", sdk.Attrs{"expand": 3}, 64, 2, false)
			uib(5, 5, 3, 96, 2)
			for range 4 {
				uib(0, 3, 2, 96, 1)
			}
			uib(3, 0, 4, 96, 1)
			uib(3, 3, 6, 128, 2)
			uib(5, 5, 4, 128, 1)
			uib(0, 5, 4, 128, 1)
			uib(0, 5, 3, 128, 1)
			uib(0, 3, 4, 128, 1)
			uib(0, 3, 4, 128, 1)
			p.conv(960, 1, 1, 1)
			p.norm()
			p.side = 1
			p.conv(1280, 1, 1, 1)
			p.norm()
			p.linear(1000)
		}},
		// The paper's 161 M operations count more than convolutions.
		{"PP-LCNet", "3.0", "", func(p *published) {
			small, large := sdk.Attrs{"kernel": 3}, sdk.Attrs{"kernel": 5}
			p.conv(16, 3, 2, 1)
			p.norm()
			p.op("lcnet", small, 32, 1, false)
			p.stage(2, "lcnet", small, 64, 2)
			p.stage(2, "lcnet", small, 128, 2)
			p.op("lcnet", small, 256, 2, false)
			p.stage(5, "lcnet", large, 256, 1)
			p.op("lcnet", large, 512, 2, true)
			p.op("lcnet", large, 512, 1, true)
			p.side = 1
			p.conv(1280, 1, 1, 1)
			p.linear(1000)
		}},
		{"ConvMixer-768/32", "21.1", "", func(p *published) {
			p.stage(32, "convmixer", sdk.Attrs{"kernel": 7}, 768, 7) // the patches come with the first layer
			p.linear(1000)
		}},
		{"InceptionNeXt-T", "28", "4.2", func(p *published) {
			p.conv(96, 4, 4, 1)
			p.norm()
			for i, n := range []int{3, 3, 9, 3} {
				p.stage(n, "inceptionnext", sdk.Attrs{"expand": []int{4, 4, 4, 3}[i]}, 96<<i, min(i+1, 2))
			}
			p.linear(3 * 768)
			p.norm()
			p.linear(1000)
		}},
		{"VAN-B0", "4.1", "0.9", func(p *published) {
			p.conv(32, 7, 4, 1)
			p.norm()
			for i, n := range []int{3, 3, 5, 2} {
				p.stage(n, "van", sdk.Attrs{"expand": []int{8, 8, 4, 4}[i]}, []int{32, 64, 160, 256}[i], min(i+1, 2))
				p.norm()
			}
			p.linear(1000)
		}},
		{"MSCAN-T", "4.2", "0.9", func(p *published) {
			p.conv(16, 3, 2, 1)
			p.norm()
			p.conv(32, 3, 2, 1)
			p.norm()
			for i, n := range []int{3, 3, 5, 2} {
				p.stage(n, "msca", sdk.Attrs{"expand": []int{8, 8, 4, 4}[i]}, []int{32, 64, 160, 256}[i], min(i+1, 2))
				p.norm()
			}
			p.linear(1000)
		}},
		{"RegNetX-200MF", "2.7", "0.2", func(p *published) {
			p.conv(32, 3, 2, 1)
			p.norm()
			for i, n := range []int{1, 1, 4, 7} {
				before := p.channels
				p.op("regnet", sdk.Attrs{"group": 8}, []int{24, 56, 152, 368}[i], 2, false)
				p.projection(before)
				p.stage(n-1, "regnet", sdk.Attrs{"group": 8}, p.channels, 1)
			}
			p.linear(1000)
		}},
		{"Res2Net-50 26w4s", "25.7", "4.28", func(p *published) {
			p.conv(64, 7, 2, 1)
			p.norm()
			p.side = 56
			for i, n := range []int{3, 4, 6, 3} {
				before := p.channels
				p.op("res2", nil, 256<<i, min(i+1, 2), false)
				p.projection(before)
				p.stage(n-1, "res2", nil, p.channels, 1)
			}
			p.linear(1000)
		}},
		// After merging: the small kernels are taken off again.
		{"RepLKNet-31B", "79", "15.3", func(p *published) {
			p.conv(128, 3, 2, 1)
			p.norm()
			p.conv(128, 3, 1, 128)
			p.norm()
			p.conv(128, 1, 1, 1)
			p.norm()
			p.conv(128, 3, 2, 128)
			p.norm()
			for i, n := range []int{2, 2, 18, 2} {
				for j := range n {
					stride := 1
					if i > 0 && j == 0 {
						stride = 2
					}
					p.op("replk", sdk.Attrs{"kernel": []int{31, 29, 27, 13}[i]}, 128<<i, stride, false)
					p.count.Params -= 27 * int64(p.channels)
					p.count.MACs -= 25 * int64(p.channels*p.side*p.side)
					p.norm() // the feed-forward block that follows
					p.conv(4*p.channels, 1, 1, 1)
					p.norm()
					p.conv(p.channels/4, 1, 1, 1)
					p.norm()
				}
			}
			p.norm()
			p.linear(1000)
		}},
	} {
		p := image(t)
		c.lay(p)
		if params := float64(p.count.Params) / 1e6; !told(t, params, c.params) {
			t.Errorf("%s: %.4f M parameters, want %s", c.name, params, c.params)
		}
		if macs := float64(p.count.MACs) / 1e9; !told(t, macs, c.macs) {
			t.Errorf("%s: %.4f G MACs, want %s", c.name, macs, c.macs)
		}
	}
}

// told reports whether a count agrees with a figure to its last digit, or to 1 %.
func told(t *testing.T, got float64, figure string) bool {
	if figure == "" {
		return true
	}
	want, err := strconv.ParseFloat(figure, 64)
	if err != nil {
		t.Fatal(err)
	}
	_, decimals, _ := strings.Cut(figure, ".")
	return math.Abs(got-want) <= max(0.5*math.Pow10(-len(decimals)), 0.01*want)
}
