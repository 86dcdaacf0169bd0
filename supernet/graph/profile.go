package graph

import "time"

// Profile adds up what the kernels of a session cost, by their kinds. A nil Profile takes note of nothing. It belongs
// to the session's goroutine.
type Profile struct {
	Now   func() time.Time
	Kinds map[string]Cost
}

// Cost is the cost of kernels.
type Cost struct {
	Time  time.Duration
	Calls int
	FLOPs int // 2 for each MAC of a convolution; other kernels count as 0
	Bytes int // inputs and outputs, each once
}

// NewProfile is an empty profile.
func NewProfile(now func() time.Time) *Profile { return &Profile{Now: now, Kinds: map[string]Cost{}} }

// Begin returns when a kernel begins, for End. It is the zero time for a nil Profile.
func (p *Profile) Begin() (start time.Time) {
	if p != nil {
		start = p.Now()
	}
	return start
}

// End adds a kernel that began at start and that reads and writes so many floats.
func (p *Profile) End(start time.Time, kind string, flops, floats int) {
	if p == nil {
		return
	}
	took := p.Now().Sub(start)
	c := p.Kinds[kind]
	p.Kinds[kind] = Cost{c.Time + took, c.Calls + 1, c.FLOPs + flops, c.Bytes + 4*floats}
}

// profiled runs the call and adds it to the session's profile.
func (c *call) profiled(s *Session, dst []float32) {
	start := s.Profile.Begin()
	c.run(s, dst, c.in)
	floats, flops := len(dst), 0
	for _, x := range c.in {
		floats += len(x)
	}
	if c.flops != nil {
		flops = c.flops(s, dst)
	}
	s.Profile.End(start, c.kind, flops, floats)
}
