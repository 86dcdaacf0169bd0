package tensorboard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// field is a field of a protobuf message, read without the library that wrote it.
type field struct {
	number int
	value  uint64 // of varint, fixed64 and fixed32
	bytes  []byte // of the others
}

// fields splits a message.
func fields(t rapid.TB, message []byte) (list []field) {
	t.Helper()
	for len(message) > 0 {
		key, n := binary.Uvarint(message)
		message = message[n:]
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			f.value, n = binary.Uvarint(message)
		case 1:
			f.value, n = binary.LittleEndian.Uint64(message), 8
		case 5:
			f.value, n = uint64(binary.LittleEndian.Uint32(message)), 4
		case 2:
			size, head := binary.Uvarint(message)
			n = head + int(size)
			f.bytes = message[head:n]
		default:
			t.Fatalf("field %d has wire type %d", f.number, key&7)
		}
		message = message[n:]
		list = append(list, f)
	}
	return list
}

// castagnoliBitwise is CRC-32C by its definition: the reflected polynomial 0x1EDC6F41, a bit at a time.
func castagnoliBitwise(data []byte) uint32 {
	sum := ^uint32(0)
	for _, b := range data {
		sum ^= uint32(b)
		for range 8 {
			sum = sum>>1 ^ 0x82f63b78*(sum&1)
		}
	}
	return ^sum
}

// records splits a file into the data of its records, and compares both checksums of each.
func records(t rapid.TB, file []byte) (list [][]byte) {
	t.Helper()
	unmask := func(m uint32) uint32 { m -= 0xa282ead8; return m>>17 | m<<15 }
	for len(file) > 0 {
		size := int(binary.LittleEndian.Uint64(file))
		data := file[12 : 12+size]
		if castagnoliBitwise(file[:8]) != unmask(binary.LittleEndian.Uint32(file[8:])) {
			t.Fatalf("record %d: the sum of its length is wrong", len(list))
		}
		if castagnoliBitwise(data) != unmask(binary.LittleEndian.Uint32(file[12+size:])) {
			t.Fatalf("record %d: the sum of its data is wrong", len(list))
		}
		list = append(list, data)
		file = file[16+size:]
	}
	return list
}

// doubles reads a packed field.
func doubles(packed []byte) (values []float64) {
	for ; len(packed) > 0; packed = packed[8:] {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(packed)))
	}
	return values
}

// The first record of every TensorFlow event file, with the sums that TensorFlow writes: length 24 has the sum
// a37f4b22.
func TestVersionIsTensorFlows(t *testing.T) {
	got := AppendVersion(nil, time.Unix(1, 500e6))
	want := "1800000000000000" + "a37f4b22" + "09000000000000f83f" + "1a0d" +
		hex.EncodeToString([]byte("brain.Event:2"))
	if hex.EncodeToString(got[:len(got)-4]) != want {
		t.Errorf("got %x, want %s", got, want)
	}
	records(t, got)
}

func TestScalar(t *testing.T) {
	at := time.Unix(1700000000, 0)
	file := AppendScalar(AppendVersion(nil, at), at, 300, "train/loss", 0.1)
	all := records(t, file)
	if len(all) != 2 {
		t.Fatalf("%d records, want 2", len(all))
	}
	event := fields(t, all[1])
	if len(event) != 3 || event[0].number != 1 || math.Float64frombits(event[0].value) != 1.7e9 ||
		event[1].number != 2 || event[1].value != 300 || event[2].number != 5 {
		t.Fatalf("event %v", event)
	}
	value := fields(t, fields(t, event[2].bytes)[0].bytes)
	if len(value) != 2 || value[0].number != 1 || string(value[0].bytes) != "train/loss" || value[1].number != 2 ||
		math.Float32frombits(uint32(value[1].value)) != 0.1 {
		t.Errorf("value %v", value)
	}
}

// A histogram counts every value once, in a bucket whose ends hold it.
func TestHistogram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 40).Draw(t, "values")
		event := fields(t, records(t, AppendHistogram(nil, time.Unix(0, 0), 7, "θ", values))[0])
		h := fields(t, fields(t, fields(t, event[2].bytes)[0].bytes)[1].bytes)
		if len(h) != 7 {
			t.Fatalf("%d fields, want 7", len(h))
		}
		var of [5]float64
		for i := range of {
			if h[i].number != i+1 {
				t.Fatalf("field %d is %d", i+1, h[i].number)
			}
			of[i] = math.Float64frombits(h[i].value)
		}
		low, high, sum, squares := values[0], values[0], 0.0, 0.0
		for _, v := range values {
			low, high, sum, squares = min(low, v), max(high, v), sum+v, squares+v*v
		}
		if want := [5]float64{low, high, float64(len(values)), sum, squares}; of != want {
			t.Errorf("got %v, want %v", of, want)
		}
		limits, counts := doubles(h[5].bytes), doubles(h[6].bytes)
		if len(limits) != len(counts) || limits[len(limits)-1] != high {
			t.Fatalf("%d limits up to %v for %d counts up to %v", len(limits), limits[len(limits)-1], len(counts), high)
		}
		left, near, counted := low, 1e-9*max(math.Abs(low), math.Abs(high)), 0.0
		for i, right := range limits {
			n := 0.0
			for _, v := range values {
				if v >= left-near && v <= right+near {
					n++
				}
			}
			if counts[i] > n {
				t.Errorf("%v in %v to %v, where %v are", counts[i], left, right, n)
			}
			left, counted = right, counted+counts[i]
		}
		if counted != float64(len(values)) {
			t.Errorf("%v of %d values are counted", counted, len(values))
		}
	})
}

func TestHistogramOfNothing(t *testing.T) {
	if b := AppendHistogram([]byte("a"), time.Time{}, 0, "", nil); !bytes.Equal(b, []byte("a")) {
		t.Errorf("%q was appended", b)
	}
}

func ExampleAppendScalar() {
	start := time.Unix(1700000000, 0)
	file := AppendVersion(nil, start)
	for step, loss := range []float64{2.3, 1.9, 1.7} {
		file = AppendScalar(file, start.Add(time.Duration(step)*time.Second), step, "train/loss", loss)
	}
	fmt.Println(len(file), "bytes to write to a file whose name holds tfevents")
	// Output: 184 bytes to write to a file whose name holds tfevents
}
