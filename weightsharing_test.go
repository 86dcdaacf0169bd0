package nse_test

import (
	"path/filepath"
	"testing"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/evolve"
)

// weightSharing are settings of a small search by a method on shared weights.
func weightSharing(t *testing.T, method string) nse.Settings {
	t.Helper()
	s := small(t)
	s.Search.Method, s.Search.TrainSteps = method, 16
	s.Search.SPOS.Population, s.Search.SPOS.Generations, s.Search.SPOS.Parents = 4, 3, 2
	s.Search.SPOS.Crossover, s.Search.SPOS.Mutation = 2, 2
	s.Search.Proxyless.Every, s.Search.Proxyless.Candidates = 3, 3
	s.Search.DARTS.Candidates = 3
	return s
}

// Searches by all methods on shared weights run on the supernet. Cancelled in training or in scoring, they
// end after Resume with the events, the front and the weights of one that never was.
func TestWeightSharingMethodsResumeToTheSameBits(t *testing.T) {
	scored := func(n int) func(nse.Event) bool {
		return func(e nse.Event) bool {
			b, is := bodyOf[evolve.Scored](e)
			return is && b.Done == n
		}
	}
	moments := map[string]func(nse.Event) bool{
		"in training": func(e nse.Event) bool {
			b, is := bodyOf[evolve.Trained](e)
			return is && b.Step == 9
		},
		"in scoring": scored(2),
	}
	for _, method := range []string{"oneshot", "spos", "proxyless", "darts"} {
		t.Run(method, func(t *testing.T) {
			dir := alone(t)
			whole := filepath.Join(dir, "whole")
			var events []nse.Event
			note := func(e nse.Event) { events = append(events, e) }
			r, err := nse.Start(t.Context(), whole, nse.Pool{Ops: kernels()}, weightSharing(t, method),
				nse.Options{Observe: note})
			ended(t, r, err)
			front, err := r.Front()
			if err != nil || len(front.Architectures) == 0 {
				t.Fatalf("front of %d, %v", len(front.Architectures), err)
			}
			want := encoded(t, events)
			for name, at := range moments {
				events = nil
				run := filepath.Join(dir, name)
				ctx, cancelling := cancelAt(t, at)
				both := func(e nse.Event) { note(e); cancelling(e) }
				r, err := nse.Start(ctx, run, nse.Pool{Ops: kernels()}, weightSharing(t, method),
					nse.Options{Observe: both})
				stopped(t, r, err)
				r, err = nse.Resume(t.Context(), run, nse.Options{Observe: note})
				ended(t, r, err)
				got := encoded(t, events)
				for seq, text := range want {
					if got[seq] != text {
						t.Errorf("cancelled %s: event %d is %s, want %s", name, seq, got[seq], text)
					}
				}
				sameFiles(t, whole, run, "front.json")
				weights, err := filepath.Glob(filepath.Join(whole, "weights-*"))
				if err != nil || len(weights) != 1 {
					t.Fatalf("weights %v, %v", weights, err)
				}
				sameFiles(t, whole, run, filepath.Base(weights[0]))
			}
		})
	}
}
