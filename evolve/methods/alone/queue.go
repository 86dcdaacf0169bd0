package alone

import (
	"cmp"
	"context"
	"slices"

	"github.com/nse-dev/nse/evolve"
)

// queue is what is proposed and has no result yet, the earliest first. The engine trains all of it at a time, if it
// can. Results are asked for in the order of the proposals, so that a search is the same on any number of cores.
type queue struct {
	ctx     context.Context // of what the engine began
	cancel  context.CancelFunc
	engine  evolve.Ahead // nil if it trains one architecture after another
	lanes   int          // trainings at a time
	history History      // its trials are those of the start
	waiting []Proposal
	begun   int // so many of the first
}

// queue makes an empty queue for the rest of a round. The caller closes it.
func (r run) queue(ctx context.Context, st evolve.State) *queue {
	q := &queue{history: r.history(st)}
	q.ctx, q.cancel = context.WithCancel(ctx)
	if q.engine, _ = r.Engine.(evolve.Ahead); q.engine != nil {
		q.lanes = q.engine.Lanes(r.ahead + 1)
	}
	return q
}

// close stops what nobody will ask for.
func (q *queue) close() {
	q.cancel()
	if q.engine != nil {
		q.engine.Settle()
	}
}

// first takes the first proposal out. All others that wait are begun with it.
func (q *queue) first() Proposal {
	if q.lanes > 1 && len(q.waiting) > 1 {
		for _, p := range q.waiting[q.begun:] {
			q.engine.Ahead(q.ctx, p.Arch, p.Ends)
		}
		q.begun = len(q.waiting)
	}
	p := q.waiting[0]
	q.waiting, q.begun = q.waiting[1:], max(0, q.begun-1)
	return p
}

// fill appends what the method proposes while the results of a queue are open. It reports whether there is anything in
// the queue, and otherwise why not. An empty reason is that of a round that another one follows.
func (r run) fill(q *queue, st evolve.State) (reason string, more bool) {
	for len(q.waiting) == 0 || q.lanes > 1 && len(q.waiting) <= r.ahead && r.priced(st) {
		planned := r.planned(st, q.waiting)
		h := q.history
		h.Trials, h.Open, h.Left = r.trials(planned), len(q.waiting), r.left(planned)
		p, ok := r.next(h)
		switch {
		case !ok:
			reason = "every architecture within the constraint has been evaluated, or none was found"
		case p.Wait:
		case p.Last:
			reason = cmp.Or(r.last(st), exhausted(st))
		case p.Arch == nil:
			reason = r.last(st)
		case r.evaluations(planned, p, r.epochs(h.Trials, p)) < 1:
			reason = exhausted(st)
		default:
			q.waiting = append(q.waiting, p)
			continue
		}
		break
	}
	return reason, len(q.waiting) > 0
}

// planned is a state as it will be when a list of proposals has results, but for their accuracies.
func (r run) planned(st evolve.State, list []Proposal) evolve.State {
	st.Trials = slices.Clip(st.Trials)
	for _, p := range list {
		epochs := r.epochs(r.trials(st), p)
		st.Spent.Alone += r.price(p, epochs)
		st.Spent.TrainImages += int64(r.imagesOf(st, epochs))
		st.Trials = append(st.Trials, r.trial(st, p))
	}
	return st
}

// priced reports whether it is known what evaluations take of the budget. What images they have shows the first.
func (r run) priced(st evolve.State) bool {
	return r.Budget.TrainImages == 0 || r.imagesOf(st, 1) > 0
}

// trial is a proposal without a result.
func (r run) trial(st evolve.State, p Proposal) (t evolve.Trial) {
	t.Arch, t.Cost, t.Round = p.Arch, r.Problem.Cost(p.Arch), st.Round
	if r.solo() != nil {
		t.Epochs = p.Ends[len(p.Ends)-1]
	}
	return t
}

// exhausted says that a state leaves too little for another evaluation.
func exhausted(st evolve.State) string {
	if len(st.Trials) == 0 {
		return "the budget does not allow a single evaluation"
	}
	return "the budget is spent"
}
