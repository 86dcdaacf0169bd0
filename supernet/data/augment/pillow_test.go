package augment

import (
	"hash/crc32"
	"slices"
	"testing"
)

// numbered is an image of numbers that differ from their neighbours.
func numbered(width, height, channels int) Image {
	m := Image{make([]uint8, height*width*channels), height, width, channels}
	for i := range m.Pix {
		x, y, c := i/channels%width, i/channels/width, i%channels
		m.Pix[i] = uint8(x*37 + y*91 + c*53 + x*y*7)
	}
	return m
}

// named applies the operation that torchvision calls so, with its argument.
var named = map[string]func(m Image, v float64){
	"ShearX":       Image.shearX,
	"ShearY":       Image.shearY,
	"TranslateX":   func(m Image, v float64) { m.translate(int(v), 0) },
	"TranslateY":   func(m Image, v float64) { m.translate(0, int(v)) },
	"Rotate":       Image.rotate,
	"Brightness":   Image.brightness,
	"Color":        Image.saturation,
	"Contrast":     Image.contrast,
	"Sharpness":    Image.sharpness,
	"Posterize":    func(m Image, v float64) { m.posterize(int(v)) },
	"Solarize":     Image.solarize,
	"AutoContrast": func(m Image, _ float64) { m.autoContrast() },
	"Equalize":     func(m Image, _ float64) { m.equalize() },
	"Hue":          Image.hue,
}

// arguments are those of all strengths of an operation.
func arguments(name string) (list []float64) {
	signed := func(most, middle float64) {
		for i := range 31 {
			list = append(list, middle+most*float64(i)/30, middle-most*float64(i)/30)
		}
	}
	switch name {
	case "ShearX", "ShearY":
		signed(0.99, 0)
	case "TranslateX", "TranslateY":
		signed(32, 0)
	case "Rotate":
		signed(135, 0)
	case "Brightness", "Color", "Contrast", "Sharpness":
		signed(0.99, 1)
	case "Posterize":
		return []float64{2, 3, 4, 5, 6, 7, 8}
	case "Solarize":
		for i := range 31 {
			list = append(list, 255-8.5*float64(i))
		}
	case "Hue":
		for i := -30; i <= 30; i++ {
			list = append(list, float64(i)/60)
		}
	default:
		return []float64{0}
	}
	return list
}

// pillow has what Pillow 9.4 makes of 4 × 3 numbered pixels, of RGB and of grey, as torchvision calls it. Behind them
// are the CRC-32 of 33 × 21 numbered pixels, v/2 + 40, at all strengths.
var pillow = []struct {
	op        string
	argument  float64
	rgb, grey []uint8
	sums      [2]uint32
}{
	{"ShearX", 0.5,
		[]uint8{0, 53, 106, 37, 90, 143, 74, 127, 180, 111, 164, 217, 135, 188, 241, 179, 232, 29, 223, 20, 73, 0, 0, 0,
			233, 30, 83, 28, 81, 134, 79, 132, 185, 0, 0, 0},
		[]uint8{0, 37, 74, 111, 135, 179, 223, 0, 233, 28, 79, 0}, [2]uint32{0x8026b36b, 0xbe8ef090}},
	{"ShearY", -0.5,
		[]uint8{0, 53, 106, 0, 0, 0, 0, 0, 0, 0, 0, 0, 91, 144, 197, 37, 90, 143, 74, 127, 180, 0, 0, 0, 182, 235, 32,
			135, 188, 241, 179, 232, 29, 111, 164, 217},
		[]uint8{0, 0, 0, 0, 91, 37, 74, 0, 182, 135, 179, 111}, [2]uint32{0x64d5e6a8, 0x9f17bb44}},
	{"TranslateX", 1,
		[]uint8{0, 0, 0, 0, 53, 106, 37, 90, 143, 74, 127, 180, 0, 0, 0, 91, 144, 197, 135, 188, 241, 179, 232, 29, 0,
			0, 0, 182, 235, 32, 233, 30, 83, 28, 81, 134},
		[]uint8{0, 0, 37, 74, 0, 91, 135, 179, 0, 182, 233, 28}, [2]uint32{0xcb7f1bc5, 0x922939d4}},
	{"TranslateY", -1,
		[]uint8{91, 144, 197, 135, 188, 241, 179, 232, 29, 223, 20, 73, 182, 235, 32, 233, 30, 83, 28, 81, 134, 79, 132,
			185, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		[]uint8{91, 135, 179, 223, 182, 233, 28, 79, 0, 0, 0, 0}, [2]uint32{0x9ad59d1f, 0xaa1aebf3}},
	{"Rotate", 30,
		[]uint8{0, 0, 0, 74, 127, 180, 74, 127, 180, 223, 20, 73, 0, 53, 106, 135, 188, 241, 179, 232, 29, 79, 132, 185,
			91, 144, 197, 233, 30, 83, 233, 30, 83, 0, 0, 0},
		[]uint8{0, 74, 74, 223, 0, 135, 179, 79, 91, 233, 233, 0}, [2]uint32{0xe3c999bf, 0xc42e3fa7}},
	{"Brightness", 1.5,
		[]uint8{0, 79, 159, 55, 135, 214, 111, 190, 255, 166, 246, 255, 136, 216, 255, 202, 255, 255, 255, 255, 43, 255,
			30, 109, 255, 255, 48, 255, 45, 124, 42, 121, 201, 118, 198, 255},
		[]uint8{0, 55, 111, 166, 136, 202, 255, 255, 255, 255, 42, 118}, [2]uint32{0x1941a5bd, 0x773691a}},
	{"Color", 0.5,
		[]uint8{21, 48, 74, 58, 85, 111, 95, 122, 148, 132, 159, 185, 112, 139, 165, 156, 183, 209, 186, 212, 111, 155,
			53, 80, 189, 215, 114, 165, 63, 90, 49, 76, 102, 100, 127, 153},
		[]uint8{0, 37, 74, 111, 91, 135, 179, 223, 182, 233, 28, 79}, [2]uint32{0xd64c473e, 0xbaf4d160}},
	{"Contrast", 0.25,
		[]uint8{92, 105, 118, 101, 114, 128, 110, 124, 137, 120, 133, 146, 115, 128, 141, 126, 139, 152, 137, 150, 99,
			148, 97, 110, 137, 151, 100, 150, 99, 113, 99, 112, 125, 112, 125, 138},
		[]uint8{85, 94, 104, 113, 108, 119, 130, 141, 131, 143, 92, 105}, [2]uint32{0xb1557552, 0xc723eacf}},
	{"Sharpness", 1.75,
		[]uint8{0, 53, 106, 37, 90, 143, 74, 127, 180, 111, 164, 217, 91, 144, 197, 150, 217, 255, 208, 255, 0, 223, 20,
			73, 182, 235, 32, 233, 30, 83, 28, 81, 134, 79, 132, 185},
		[]uint8{0, 37, 74, 111, 91, 150, 208, 223, 182, 233, 28, 79}, [2]uint32{0x217b7297, 0x4eb80de0}},
	{"Posterize", 3,
		[]uint8{0, 32, 96, 32, 64, 128, 64, 96, 160, 96, 160, 192, 64, 128, 192, 128, 160, 224, 160, 224, 0, 192, 0, 64,
			160, 224, 32, 224, 0, 64, 0, 64, 128, 64, 128, 160},
		[]uint8{0, 32, 64, 96, 64, 128, 160, 192, 160, 224, 0, 64}, [2]uint32{0x459aedf5, 0xcf0e5f82}},
	{"Solarize", 128,
		[]uint8{0, 53, 106, 37, 90, 112, 74, 127, 75, 111, 91, 38, 91, 111, 58, 120, 67, 14, 76, 23, 29, 32, 20, 73, 73,
			20, 32, 22, 30, 83, 28, 81, 121, 79, 123, 70},
		[]uint8{0, 37, 74, 111, 91, 120, 76, 32, 73, 22, 28, 79}, [2]uint32{0xe61659af, 0x58c22e06}},
	{"AutoContrast", 0,
		[]uint8{0, 39, 92, 40, 83, 137, 80, 126, 181, 121, 170, 226, 99, 147, 202, 147, 199, 255, 195, 251, 0, 244, 0,
			52, 199, 255, 3, 254, 11, 64, 30, 72, 126, 86, 132, 187},
		[]uint8{0, 40, 80, 121, 99, 147, 195, 244, 199, 254, 30, 86}, [2]uint32{0xeb4f70aa, 0x1478d54}},
	{"Equalize", 0,
		[]uint8{0, 53, 106, 37, 90, 143, 74, 127, 180, 111, 164, 217, 91, 144, 197, 135, 188, 241, 179, 232, 29, 223,
			20, 73, 182, 235, 32, 233, 30, 83, 28, 81, 134, 79, 132, 185},
		[]uint8{0, 37, 74, 111, 91, 135, 179, 223, 182, 233, 28, 79}, [2]uint32{0xe4771c47, 0xf0a4a734}},
	{"Hue", -0.25,
		[]uint8{0, 106, 0, 37, 143, 37, 74, 180, 74, 111, 217, 111, 91, 197, 91, 135, 241, 135, 232, 29, 72, 68, 20,
			223, 235, 32, 75, 78, 30, 233, 28, 134, 28, 79, 185, 79},
		[]uint8{0, 37, 74, 111, 91, 135, 179, 223, 182, 233, 28, 79}, [2]uint32{0x90209f9c, 0xf370d627}},
}

func TestOperationsAreThoseOfPillow(t *testing.T) {
	for _, c := range pillow {
		for i, want := range [2][]uint8{c.rgb, c.grey} {
			channels := 3 - 2*i
			m := numbered(4, 3, channels)
			named[c.op](m, c.argument)
			if !slices.Equal(m.Pix, want) {
				t.Errorf("%s by %g of %d channels: got %v, want %v", c.op, c.argument, channels, m.Pix, want)
			}
			sum := uint32(0)
			for _, v := range arguments(c.op) {
				m := numbered(33, 21, channels)
				for j, v := range m.Pix {
					m.Pix[j] = v/2 + 40
				}
				named[c.op](m, v)
				sum = crc32.Update(sum, crc32.IEEETable, m.Pix)
			}
			if sum != c.sums[i] {
				t.Errorf("%s of %d channels: all strengths have the sum %#x, want %#x", c.op, channels, sum, c.sums[i])
			}
		}
	}
}

// Every operation of the policies is one that is compared with Pillow.
func TestOperationsOfPolicies(t *testing.T) {
	for _, op := range operations[1:] {
		if named[op.name] == nil {
			t.Errorf("%s is not compared", op.name)
		}
	}
}
