// Package progress tells a person how far a search or a training is: bars on a terminal, a line every few seconds
// otherwise.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/nse-dev/nse/evolve"
)

// Progress shows one phase at a time. Its methods may be called from any goroutine. Close it after use.
type Progress struct {
	mu   sync.Mutex
	w    io.Writer
	Unit string        // of cost
	bars *mpb.Progress // nil without a terminal

	phase   string
	bar     *mpb.Bar
	from    int // where the phase was when it came up
	started time.Time
	said    time.Time
	dropped int
	scarce  bool          // whether it was said that sampling will find too few
	note    *atomic.Value // the phase's latest figure, a string; its bar reads it on a goroutine of its own
	best    float64
}

// pause is the time between plain lines.
const pause = 5 * time.Second

// New writes to w: bars if w is a terminal, and lines otherwise. dropped counts operations that were dropped already in
// the round that goes on. Write errors are ignored.
func New(w io.Writer, dropped int) *Progress {
	p := &Progress{w: w, dropped: dropped}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithRefreshRate(200*time.Millisecond))
	}
	return p
}

// Observe shows an event of a search. steps is the number of weight updates of a round.
func (p *Progress) Observe(e evolve.Event, steps int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch b := e.Body.(type) {
	case evolve.RoundStarted:
		p.dropped, p.best = 0, 0
		if b.Redrawn > 0 {
			p.say("round %d: another subset was drawn, as the first cannot meet the budget (passed over: %d)", e.Round,
				b.Redrawn)
		}
		p.say("round %d: %s architectures in the subset", e.Round, b.SubsetSize)
	case evolve.Trained:
		p.at(fmt.Sprintf("round %d train", e.Round), b.Step+1, steps,
			fmt.Sprintf("loss %.3f, %d dropped", b.Loss, p.dropped))
	case evolve.Dropped:
		p.dropped++
	case evolve.Quarantined:
		p.say("round %d: warning: operation %d is quarantined: %s", e.Round, b.Op, b.Reason)
	case evolve.Continued:
		p.say("round %d: goes on with a pool of %d operations, %d kept", e.Round, len(b.Pool), count(b.Kept))
	case evolve.Sampling:
		p.sampling(e.Round, b)
	case evolve.Sampled:
		p.unsampled(e.Round, b.Unsampled)
		f := b.Feasibility
		if f.Draws == 0 && f.Found > 0 {
			p.say("round %d: %d architectures were evaluated within %.4g to %.4g %s (reachable %.4g to %.4g)", e.Round,
				f.Found, f.Low, f.High, p.Unit, f.Least, f.Greatest)
			return
		}
		tilted := ""
		if f.Tilted {
			tilted = ", tilted towards the budget"
		}
		p.say("round %d: sampled %d of %d architectures within %.4g to %.4g %s (%.3g %% of %d draws%s; reachable "+
			"%.4g to %.4g), %d outside, %d of the last front", e.Round, f.Found, f.Wanted, f.Low, f.High, p.Unit,
			100*float64(f.Accepted)/float64(max(1, f.Draws)), f.Draws, tilted, f.Least, f.Greatest, f.Extras,
			b.Rehearsed)
	case evolve.Scored:
		p.best = max(p.best, b.Trial.Accuracy)
		p.at(fmt.Sprintf("round %d score", e.Round), b.Done, b.Total, fmt.Sprintf("best %.2f %%", 100*p.best))
	case evolve.FrontRetrieved:
		p.say("round %d: front of %d architectures, %s, hypervolume %.4g%s", e.Round, len(b.Members),
			extremes(b.Members, p.Unit), b.Hypervolume, again(b))
	case evolve.Replenished:
		p.say("round %d: %d operations kept, %d come in", e.Round, count(b.Kept), count(b.New))
	}
}

// unsampled names a few of the operations that a round could not sample.
func (p *Progress) unsampled(round int, m *evolve.Missing) {
	if m == nil {
		return
	}
	const most = 5
	names := strings.Join(m.Names[:min(most, len(m.Names))], ", ")
	if more := len(m.Names) - most; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	p.say("round %d: could not be sampled within the budget at %d of the subset's places: %s", round, count(m.Ops),
		names)
}

// sampling shows how far a long sampling is. Once it says that too few will be found.
func (p *Progress) sampling(round int, b evolve.Sampling) {
	phase := fmt.Sprintf("round %d sample", round)
	if phase != p.phase {
		p.scarce = false
	}
	if b.Expected < b.Wanted && !p.scarce {
		p.scarce = true
		p.say("round %d: sampling will find about %d of the %d architectures that search.front.samples asks for: the "+
			"subset has few within the budget", round, b.Expected, b.Wanted)
	}
	p.at(phase, b.Draws, b.Most, fmt.Sprintf("%d of %d architectures", b.Found, b.Wanted))
}

// again says what the last front is worth in this round. One whose members were trained alone is not scored again.
func again(b evolve.FrontRetrieved) string {
	switch {
	case b.Rehearsed == nil:
		return ""
	case len(b.Members) > 0 && b.Members[0].Epochs > 0:
		return fmt.Sprintf(" (the last front: %.4g)", *b.Rehearsed)
	}
	return fmt.Sprintf(" (the last front, scored again: %.4g)", *b.Rehearsed)
}

func extremes(members []evolve.Member, unit string) string {
	if len(members) == 0 {
		return "empty"
	}
	first, last := members[0], members[len(members)-1]
	if len(members) == 1 {
		return fmt.Sprintf("%.2f %% at %.4g %s", 100*first.Accuracy, first.Cost, unit)
	}
	return fmt.Sprintf("%.2f %% at %.4g to %.2f %% at %.4g %s", 100*first.Accuracy, first.Cost, 100*last.Accuracy,
		last.Cost, unit)
}

func count(paths []evolve.Path) (n int) {
	for _, path := range paths {
		n += len(path)
	}
	return n
}

// At moves a phase forward, or starts it. note is what else is to be said of it, such as its loss.
func (p *Progress) At(phase string, done, total int, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at(phase, done, total, note)
}

func (p *Progress) at(phase string, done, total int, note string) {
	now := time.Now()
	if phase != p.phase {
		p.end()
		p.phase, p.from, p.started, p.said = phase, done-1, now, now
		p.note = new(atomic.Value)
		p.note.Store(note)
		p.open(total)
	}
	p.note.Store(note)
	if p.bar != nil {
		p.bar.SetCurrent(int64(done))
		return
	}
	if done < total && now.Sub(p.said) < pause {
		return
	}
	p.said = now
	rate := float64(done-p.from) / max(now.Sub(p.started).Seconds(), 1e-3)
	left := time.Duration(float64(total-done) / rate * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(p.w, "%s: %d of %d, %s, %s/s, %v left\n", phase, done, total, note, rateText(rate), left)
}

// rateText has three digits, or all of a large number's.
func rateText(rate float64) string {
	if rate >= 1000 {
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.3g", rate)
}

// open starts the phase's bar.
func (p *Progress) open(total int) {
	if p.bars == nil {
		return
	}
	from, started, note := p.from, p.started, p.note
	rate := func(s decor.Statistics) float64 {
		return float64(int(s.Current)-from) / max(time.Since(started).Seconds(), 1e-3)
	}
	left := func(s decor.Statistics) time.Duration {
		return time.Duration(float64(s.Total-s.Current) / max(rate(s), 1e-9) * float64(time.Second)).Round(time.Second)
	}
	p.bar = p.bars.AddBar(int64(total), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(p.phase+" "), decor.CountersNoUnit("%d/%d ")),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
			return fmt.Sprintf("%s/s, %v left, %s", rateText(rate(s)), left(s), note.Load())
		})))
}

// end removes the phase's bar.
func (p *Progress) end() {
	if p.bar != nil && !p.bar.Completed() {
		p.bar.Abort(true)
	}
	p.bar, p.phase = nil, ""
}

// Aside prints a line of its own, above the bars. format and args are those of fmt.Sprintf.
func (p *Progress) Aside(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say(format, args...)
}

// say prints a line.
func (p *Progress) say(format string, args ...any) {
	p.end()
	w := p.w
	if p.bars != nil {
		w = p.bars
	}
	fmt.Fprintf(w, format+"\n", args...)
}

// Close ends the bars.
func (p *Progress) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	if p.bars != nil {
		p.bars.Wait()
	}
}
