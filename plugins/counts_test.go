package plugins_test

import (
	"testing"

	"github.com/nse-dev/nse/plugins"
	"github.com/nse-dev/nse/sdk"
)

// The counts of each family follow from its source by hand, at 16 channels of 10×10 pixels and, where two are given, at
// the reduction to 24 channels of 5×5. A normalisation has 2 parameters a channel.
func TestCountsByHand(t *testing.T) {
	for _, c := range []struct {
		family            string
		attrs             sdk.Attrs
		normal, reduction sdk.Count
	}{
		{"fusedmb", sdk.Attrs{"expand": 4},
			sdk.Count{Params: 9*16*64 + 128 + 64*16 + 32, MACs: 100 * (9*16*64 + 64*16)},
			sdk.Count{Params: 9*16*64 + 128 + 64*24 + 48, MACs: 25 * (9*16*64 + 64*24)}},
		{"fusedmb", sdk.Attrs{"expand": 1},
			sdk.Count{Params: 9*16*16 + 32, MACs: 100 * 9 * 16 * 16},
			sdk.Count{Params: 9*16*24 + 48, MACs: 25 * 9 * 16 * 24}},
		{"uib", sdk.Attrs{"start": 3, "mid": 5, "expand": 4},
			sdk.Count{Params: 144 + 32 + 1024 + 128 + 1600 + 128 + 1024 + 32, MACs: 100 * (144 + 1024 + 1600 + 1024)},
			sdk.Count{Params: 144 + 32 + 1024 + 128 + 1600 + 128 + 1536 + 48,
				MACs: 100*(144+1024) + 25*(1600+1536)}},
		{"uib", sdk.Attrs{"start": 0, "mid": 3, "expand": 4},
			sdk.Count{Params: 1024 + 128 + 576 + 128 + 1024 + 32, MACs: 100 * (1024 + 576 + 1024)},
			sdk.Count{Params: 1024 + 128 + 576 + 128 + 1536 + 48, MACs: 100*1024 + 25*(576+1536)}},
		{"uib", sdk.Attrs{"start": 3, "mid": 0, "expand": 4},
			sdk.Count{Params: 144 + 32 + 1024 + 128 + 1024 + 32, MACs: 100 * (144 + 1024 + 1024)},
			sdk.Count{Params: 144 + 32 + 1024 + 128 + 1536 + 48, MACs: 25 * (144 + 1024 + 1536)}},
		{"uib", sdk.Attrs{"start": 0, "mid": 0, "expand": 4},
			sdk.Count{Params: 1024 + 128 + 1024 + 32, MACs: 100 * (1024 + 1024)},
			sdk.Count{Params: 1024 + 128 + 1536 + 48, MACs: 25 * (1024 + 1536)}},
		// 48 channels between: 24 of a 1×1 and 24 of a depthwise 3×3.
		{"ghost", sdk.Attrs{"expand": 3},
			sdk.Count{Params: 384 + 48 + 216 + 48 + 48*8 + 16 + 72 + 16, MACs: 100 * (384 + 216 + 384 + 72)},
			sdk.Count{Params: 384 + 48 + 216 + 48 + 432 + 96 + 48*12 + 24 + 108 + 24,
				MACs: 100*(384+216) + 25*(432+576+108)}},
		// 16 channels of 6 and 2·6, which are two too many.
		{"ghost", sdk.Attrs{"expand": 1, "ratio": 3},
			sdk.Count{Params: 2 * (96 + 12 + 108 + 24), MACs: 100 * 2 * (96 + 108)},
			sdk.Count{Params: 96 + 12 + 108 + 24 + 144 + 32 + 16*8 + 16 + 144 + 32,
				MACs: 100*(96+108) + 25*(144+128+144)}},
		{"pconv", nil,
			sdk.Count{Params: 9*4*4 + 16*32 + 64 + 32*16, MACs: 100 * (144 + 512 + 512)},
			sdk.Count{Params: 4*16*24 + 48 + 9*6*6 + 24*48 + 96 + 48*24, MACs: 25 * (1536 + 324 + 1152 + 1152)}},
		{"star", nil,
			sdk.Count{Params: 784 + 32 + 2*(1024+64) + 1024 + 32 + 784 + 16, MACs: 100 * (784 + 2048 + 1024 + 784)},
			sdk.Count{Params: 3456 + 48 + 1176 + 48 + 2*(2304+96) + 2304 + 48 + 1176 + 24,
				MACs: 25 * (3456 + 1176 + 4608 + 2304 + 1176)}},
		{"mixconv", sdk.Attrs{"kernels": []int{3, 5, 7}, "expand": 3},
			sdk.Count{Params: 768 + 96 + 16*(9+25+49) + 96 + 768 + 32, MACs: 100 * (768 + 1328 + 768)},
			sdk.Count{Params: 768 + 96 + 1328 + 96 + 1152 + 48, MACs: 100*768 + 25*(1328+1152)}},
		// 16 channels over 3 kernels: 6, 5 and 5.
		{"mixconv", sdk.Attrs{"kernels": []int{3, 5, 7}, "expand": 1},
			sdk.Count{Params: 256 + 32 + 6*9 + 5*25 + 5*49 + 32 + 256 + 32, MACs: 100 * (256 + 424 + 256)},
			sdk.Count{Params: 256 + 32 + 424 + 32 + 384 + 48, MACs: 100*256 + 25*(424+384)}},
		{"res2", sdk.Attrs{"width": 64},
			sdk.Count{Params: 256 + 32 + 3*(144+8) + 256 + 32, MACs: 100 * (256 + 3*144 + 256)},
			sdk.Count{Params: 384 + 48 + 3*(324+12) + 576 + 48, MACs: 100*384 + 25*(3*324+576)}},
		{"sandglass", sdk.Attrs{"reduce": 2},
			sdk.Count{Params: 144 + 32 + 128 + 16 + 128 + 32 + 144 + 32, MACs: 100 * (144 + 128 + 128 + 144)},
			sdk.Count{Params: 144 + 32 + 128 + 16 + 192 + 48 + 216 + 48, MACs: 100*(144+128+192) + 25*216}},
		// 16/6 channels are less than 24/6.
		{"sandglass", sdk.Attrs{"reduce": 6},
			sdk.Count{Params: 144 + 32 + 48 + 6 + 48 + 32 + 144 + 32, MACs: 100 * (144 + 48 + 48 + 144)},
			sdk.Count{Params: 144 + 32 + 64 + 8 + 96 + 48 + 216 + 48, MACs: 100*(144+64+96) + 25*216}},
		{"repvgg", nil,
			sdk.Count{Params: 2304 + 32 + 256 + 32 + 32, MACs: 100 * (2304 + 256)},
			sdk.Count{Params: 3456 + 48 + 384 + 48, MACs: 25 * (3456 + 384)}},
		{"repvgg", sdk.Attrs{"groups": 4},
			sdk.Count{Params: 576 + 32 + 64 + 32 + 32, MACs: 100 * (576 + 64)},
			sdk.Count{Params: 864 + 48 + 96 + 48, MACs: 25 * (864 + 96)}},
		{"mobileone", sdk.Attrs{"branches": 2},
			sdk.Count{Params: 2*(144+32) + 16 + 32 + 32 + 2*(256+32) + 32, MACs: 100 * (288 + 16 + 512)},
			sdk.Count{Params: 2*(144+32) + 16 + 32 + 2*(384+48), MACs: 25 * (288 + 16 + 768)}},
		{"replk", sdk.Attrs{"kernel": 13},
			sdk.Count{Params: 32 + 256 + 32 + 169*16 + 32 + 400 + 32 + 256 + 32, MACs: 100 * (256 + 2704 + 400 + 256)},
			sdk.Count{Params: 384 + 48 + 216 + 48 + 48 + 576 + 48 + 169*24 + 48 + 600 + 48 + 576 + 48,
				MACs: 100*384 + 25*(216+576+4056+600+576)}},
		{"osa", nil,
			sdk.Count{Params: 1152 + 16 + 4*(576+16) + 56*16 + 32 + 256 + 16, MACs: 100*(1152+4*576+896) + 256},
			sdk.Count{Params: 1728 + 24 + 4*(1296+24) + 76*24 + 48 + 576 + 24, MACs: 25*(1728+4*1296+1824) + 576}},
		{"convmixer", nil,
			sdk.Count{Params: 81*16 + 16 + 32 + 256 + 16 + 32, MACs: 100 * (1296 + 256)},
			sdk.Count{Params: 1536 + 24 + 48 + 81*24 + 24 + 48 + 576 + 24 + 48, MACs: 25 * (1536 + 1944 + 576)}},
		{"inceptionnext", nil,
			sdk.Count{Params: 2*(9+11+11) + 32 + 1024 + 64 + 1024 + 16, MACs: 100 * (62 + 2048)},
			sdk.Count{Params: 32 + 1536 + 24 + 3*(9+11+11) + 48 + 2304 + 96 + 2304 + 24,
				MACs: 25 * (1536 + 93 + 4608)}},
		{"repvit", nil,
			sdk.Count{Params: 144 + 32 + 16 + 32 + 512 + 64 + 512 + 32, MACs: 100 * (144 + 16 + 1024)},
			sdk.Count{Params: 144 + 32 + 384 + 48 + 1152 + 96 + 1152 + 48, MACs: 25 * (144 + 384 + 2304)}},
		{"lcnet", sdk.Attrs{"kernel": 3},
			sdk.Count{Params: 144 + 32 + 256 + 32, MACs: 100 * (144 + 256)},
			sdk.Count{Params: 144 + 32 + 384 + 48, MACs: 25 * (144 + 384)}},
		{"hg", nil,
			sdk.Count{Params: 48 + 6 + 75 + 6 + 5*(9+6+75+6) + 34*8 + 16 + 8*16 + 32,
				MACs: 100 * (48 + 75 + 5*(9+75) + 272 + 128)},
			sdk.Count{Params: 144 + 32 + 80 + 10 + 125 + 10 + 5*(25+10+125+10) + 46*12 + 24 + 288 + 48,
				MACs: 25 * (144 + 80 + 125 + 5*(25+125) + 552 + 288)}},
		{"elan", nil,
			sdk.Count{Params: 2*(64+8) + 4*(144+8) + 256 + 32, MACs: 100 * (128 + 576 + 256)},
			sdk.Count{Params: 2*(128+16) + 576 + 16 + 2*(96+12) + 4*(324+12) + 576 + 48,
				MACs: 100*128 + 25*(128+576+192+4*324+576)}},
		{"regnet", sdk.Attrs{"group": 8},
			sdk.Count{Params: 256 + 32 + 9*8*16 + 32 + 256 + 32, MACs: 100 * (256 + 1152 + 256)},
			sdk.Count{Params: 384 + 48 + 9*8*24 + 48 + 576 + 48, MACs: 100*384 + 25*(1728+576)}},
		// 16 and 24 channels have no groups of 10: they have 8 each.
		{"regnet", sdk.Attrs{"group": 10},
			sdk.Count{Params: 256 + 32 + 9*8*16 + 32 + 256 + 32, MACs: 100 * (256 + 1152 + 256)},
			sdk.Count{Params: 384 + 48 + 9*8*24 + 48 + 576 + 48, MACs: 100*384 + 25*(1728+576)}},
		{"parnet", nil,
			sdk.Count{Params: 2304 + 32 + 256 + 32 + 32 + 256 + 16, MACs: 100*(2304+256) + 256},
			sdk.Count{Params: 3456 + 48 + 384 + 48 + 384 + 24, MACs: 25*(3456+384) + 384}},
		{"acb", nil,
			sdk.Count{Params: 2304 + 2*768 + 3*32, MACs: 100 * (2304 + 2*768)},
			sdk.Count{Params: 3456 + 2*1152 + 3*48, MACs: 25 * (3456 + 2*1152)}},
		{"van", nil,
			sdk.Count{Params: 32 + 3*(256+16) + 400 + 16 + 784 + 16 + 32 + 1024 + 64 + 576 + 64 + 1024 + 16,
				MACs: 100 * (3*256 + 400 + 784 + 1024 + 576 + 1024)},
			sdk.Count{Params: 3456 + 48 + 48 + 3*(576+24) + 600 + 24 + 1176 + 24 + 48 + 2304 + 96 +
				864 + 96 + 2304 + 24,
				MACs: 25 * (3456 + 3*576 + 600 + 1176 + 2304 + 864 + 2304)}},
		{"msca", nil,
			sdk.Count{Params: 32 + 3*(256+16) + 400 + 16 + 16*2*(7+11+21) + 6*16 + 32 + 1024 + 64 +
				576 + 64 + 1024 + 16,
				MACs: 100 * (3*256 + 400 + 1248 + 1024 + 576 + 1024)},
			sdk.Count{Params: 3456 + 48 + 48 + 3*(576+24) + 600 + 24 + 1872 + 6*24 + 48 + 2304 + 96 +
				864 + 96 + 2304 + 24,
				MACs: 25 * (3456 + 3*576 + 600 + 1872 + 2304 + 864 + 2304)}},
		{"bsconv", sdk.Attrs{"kernel": 3},
			sdk.Count{Params: 256 + 144 + 32, MACs: 100 * (256 + 144)},
			sdk.Count{Params: 384 + 216 + 48, MACs: 100*384 + 25*216}},
		{"bsconv", sdk.Attrs{"kernel": 3, "rank": 0.25},
			sdk.Count{Params: 64 + 64 + 144 + 32, MACs: 100 * (64 + 64 + 144)},
			sdk.Count{Params: 64 + 96 + 216 + 48, MACs: 100*(64+96) + 25*216}},
		// 6 channels have no 4 groups: the first 1×1 has 2 at the reduction.
		{"eesp", nil,
			sdk.Count{Params: 16 + 8 + 4*36 + 32 + 64 + 32, MACs: 100 * (16 + 144 + 64)},
			sdk.Count{Params: 48 + 12 + 4*54 + 48 + 144 + 48, MACs: 100*48 + 25*(216+144)}},
	} {
		op, err := plugins.Builtin(c.family)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []struct {
			layer sdk.Layer
			want  sdk.Count
		}{
			{sdk.Layer{In: 16, Out: 16, Stride: 1, Height: 10, Width: 10}, c.normal},
			{sdk.Layer{In: 16, Out: 24, Stride: 2, Height: 10, Width: 10}, c.reduction},
		} {
			g, err := op.Graph(at.layer, c.attrs)
			if err != nil {
				t.Error(err)
			} else if got := g.Count(); got != at.want {
				t.Errorf("%s %v at %v: %+v, want %+v", c.family, c.attrs, at.layer, got, at.want)
			}
		}
	}
}
