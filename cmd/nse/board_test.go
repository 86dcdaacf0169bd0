package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/runs"
)

// point is what an event file says of a tag at a step.
type point struct {
	Tag   string
	Step  int
	Value float64 // of a scalar; how many values a histogram counts
}

// points reads an event file, times aside.
func points(t *testing.T, data []byte) (list []point) {
	t.Helper()
	for first := true; len(data) > 0; first = false {
		size := binary.LittleEndian.Uint64(data)
		event := fieldsOf(t, data[12:12+size])
		data = data[16+size:]
		if first {
			if string(event[3]) != "brain.Event:2" {
				t.Fatalf("the file begins with %q", event)
			}
			continue
		}
		step, _ := protowire.ConsumeVarint(event[2])
		value := fieldsOf(t, fieldsOf(t, event[5])[1])
		p := point{Tag: string(value[1]), Step: int(step)}
		if value[5] != nil {
			p.Value = math.Float64frombits(binary.LittleEndian.Uint64(fieldsOf(t, value[5])[3]))
		} else {
			p.Value = float64(math.Float32frombits(binary.LittleEndian.Uint32(value[2])))
		}
		list = append(list, p)
	}
	return list
}

// fieldsOf splits a message.
func fieldsOf(t *testing.T, message []byte) map[protowire.Number][]byte {
	t.Helper()
	all := map[protowire.Number][]byte{}
	for len(message) > 0 {
		number, kind, head := protowire.ConsumeTag(message)
		n := protowire.ConsumeFieldValue(number, kind, message[max(head, 0):])
		if head < 0 || n < 0 {
			t.Fatalf("not a message: %v", errors.Join(protowire.ParseError(head), protowire.ParseError(n)))
		}
		value := message[head : head+n]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		all[number], message = value, message[head+n:]
	}
	return all
}

// boardOf is all that the event files of a run say.
func boardOf(t *testing.T, dir string) map[string][]point {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "tensorboard/*/events.out.tfevents.*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]point{}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(path))] = points(t, data)
	}
	return all
}

// TestBoard compares event files with the run that they are of, and damages them.
func TestBoard(t *testing.T) {
	b := newTestbed(t, killConfig)
	dir := filepath.Join(b.dir, "whole")
	all := boardOf(t, dir)
	if len(all) != 4 {
		t.Fatalf("%d folders, want one for the rounds and three for the steps of each", len(all))
	}
	r, err := runs.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	compareSeries(t, all["round-02"], "train/loss", losses(t, r, 2))
	rounds, err := r.Rounds()
	if err != nil {
		t.Fatal(err)
	}
	var areas, again []point
	for _, x := range rounds {
		areas = append(areas, point{"front/hypervolume", x.Round, x.Hypervolume})
		if x.Rehearsed != nil {
			again = append(again, point{"front/hypervolume_of_last_front", x.Round, *x.Rehearsed})
		}
	}
	compareSeries(t, all["rounds"], "front/hypervolume", areas)
	compareSeries(t, all["rounds"], "front/hypervolume_of_last_front", again)
	compareSeries(t, all["rounds"], "space/operations",
		[]point{{"space/operations", 1, 6}, {"space/operations", 2, 6}, {"space/operations", 3, 6}})
	if n := len(series(all["round-01"], "fitness/layer-02")); n != 20 {
		t.Errorf("the fitness of layer 2 has %d histograms, want one for each of 20 updates", n)
	}
	for _, p := range series(all["rounds"], "sampled/accuracy") {
		if p.Value != 12 {
			t.Errorf("the accuracies of %v architectures are counted, want 12", p.Value)
		}
	}

	for what, damage := range map[string]func(path string) error{
		"cut within a record": func(path string) error { return os.Truncate(path, 1000) },
		"removed":             os.Remove,
		"with a record twice": func(path string) error {
			data, err := os.ReadFile(path)
			return errors.Join(err, file.Append(path, data[len(data)-50:]))
		},
	} {
		path := filepath.Join(dir, "tensorboard", "round-01", "events.out.tfevents.nse")
		whole, err := os.ReadFile(path)
		if err := errors.Join(err, damage(path)); err != nil {
			t.Fatal(err)
		}
		if status, stderr := b.resume(t, dir); status != 0 {
			t.Fatal(stderr)
		}
		if mended, err := os.ReadFile(path); err != nil || string(mended) != string(whole) {
			t.Errorf("a file %s is not mended: %d bytes, want %d (%v)", what, len(mended), len(whole), err)
		}
	}
}

// losses are those of a round's training, as its events tell.
func losses(t *testing.T, r *runs.Run, round int) (list []point) {
	t.Helper()
	events, err := r.Events("trained")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		var b evolve.Trained
		if err := json.Unmarshal(e.Body, &b); err != nil {
			t.Fatal(err)
		}
		if e.Round == round {
			list = append(list, point{"train/loss", b.Step + 1, b.Loss})
		}
	}
	return list
}

func series(all []point, tag string) (list []point) {
	for _, p := range all {
		if p.Tag == tag {
			list = append(list, p)
		}
	}
	return list
}

func compareSeries(t *testing.T, all []point, tag string, want []point) {
	t.Helper()
	for i, p := range want {
		want[i].Value = float64(float32(p.Value))
	}
	if got := series(all, tag); len(want) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", tag, got, want)
	}
}
