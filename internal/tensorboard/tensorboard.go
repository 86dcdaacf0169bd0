// Package tensorboard encodes the event files that TensorBoard draws: scalars and histograms over steps.
//
// An event file is a sequence of TFRecords. Each record holds one Event message in protobuf. Files grow by appending: a
// reader waits for the rest of a record that is not whole yet.
package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Numbers of the fields of the messages Event, Summary, Summary.Value and HistogramProto (event.proto, summary.proto
// and histogram.proto of TensorFlow).
const (
	eventWallTime, eventStep, eventVersion, eventSummary = 1, 2, 3, 5

	summaryValue = 1

	valueTag, valueScalar, valueHistogram = 1, 2, 5

	histogramMin, histogramMax, histogramNum, histogramSum, histogramSquares = 1, 2, 3, 4, 5
	histogramLimit, histogramBucket                                          = 6, 7
)

// AppendVersion appends the record that an event file begins with.
func AppendVersion(b []byte, at time.Time) []byte {
	event := protowire.AppendTag(newEvent(at), eventVersion, protowire.BytesType)
	return appendRecord(b, protowire.AppendString(event, "brain.Event:2"))
}

// AppendScalar appends a record: the value of a tag at a step.
func AppendScalar(b []byte, at time.Time, step int, tag string, value float64) []byte {
	v := protowire.AppendTag(nil, valueScalar, protowire.Fixed32Type)
	return appendValue(b, at, step, tag, protowire.AppendFixed32(v, math.Float32bits(float32(value))))
}

// AppendHistogram appends a record: how the values of a tag are spread at a step. The values must be finite. Nothing is
// appended if there are none.
func AppendHistogram(b []byte, at time.Time, step int, tag string, values []float64) []byte {
	if len(values) == 0 {
		return b
	}
	v := protowire.AppendTag(nil, valueHistogram, protowire.BytesType)
	return appendValue(b, at, step, tag, protowire.AppendBytes(v, histogram(values)))
}

// appendValue appends a record of an event with one value. rest is the encoded value without its tag.
func appendValue(b []byte, at time.Time, step int, tag string, rest []byte) []byte {
	value := protowire.AppendTag(nil, valueTag, protowire.BytesType)
	value = append(protowire.AppendString(value, tag), rest...)
	summary := protowire.AppendTag(nil, summaryValue, protowire.BytesType)
	summary = protowire.AppendBytes(summary, value)
	event := protowire.AppendTag(newEvent(at), eventStep, protowire.VarintType)
	event = protowire.AppendVarint(event, uint64(step))
	event = protowire.AppendTag(event, eventSummary, protowire.BytesType)
	return appendRecord(b, protowire.AppendBytes(event, summary))
}

// newEvent is an event with its time, in seconds since 1970.
func newEvent(at time.Time) []byte {
	return appendDouble(nil, eventWallTime, float64(at.UnixNano())/1e9)
}

// buckets of a histogram: as many as TensorBoard's own writers make.
const buckets = 30

// histogram counts values in buckets of equal width from the least to the greatest; in one if all are equal.
func histogram(values []float64) []byte {
	low, high := slices.Min(values), slices.Max(values)
	n := buckets
	if low == high {
		n = 1
	}
	counts := make([]float64, n)
	var sum, squares float64
	for _, v := range values {
		sum, squares = sum+v, squares+v*v
		counts[min(int(float64(n)*(v-low)/max(high-low, math.SmallestNonzeroFloat64)), n-1)]++
	}
	h := appendDouble(nil, histogramMin, low)
	h = appendDouble(h, histogramMax, high)
	h = appendDouble(h, histogramNum, float64(len(values)))
	h = appendDouble(h, histogramSum, sum)
	h = appendDouble(h, histogramSquares, squares)
	limits := make([]float64, n)
	for i := range limits {
		limits[i] = low + (high-low)*float64(i+1)/float64(n)
	}
	limits[n-1] = high
	return appendPacked(appendPacked(h, histogramLimit, limits), histogramBucket, counts)
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func appendPacked(b []byte, field protowire.Number, values []float64) []byte {
	var packed []byte
	for _, v := range values {
		packed = protowire.AppendFixed64(packed, math.Float64bits(v))
	}
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), packed)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a TFRecord: the length, its checksum, the data and their checksum, all little endian.
func appendRecord(b, data []byte) []byte {
	from := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b[from:]))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, masked(data))
}

// masked is CRC-32C, turned so that the sum of data that hold sums is no weaker.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
