package evolve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nse-dev/nse/internal/setting"
)

// metered is a planted engine that counts: batches of 10 images, and 100 images for a score. It scores 4 architectures
// together, and such a group costs as much as its dearest.
type metered struct {
	*planted
	problem Problem
	spent   Ledger
}

func (e *metered) Spent() Ledger                   { return e.spent }
func (e *metered) Batch() int                      { return 10 }
func (e *metered) TrainMACs(a Arch) float64        { return 30 * e.cost(a) }
func (e *metered) FitnessMACs(a, b Arch) float64   { return 10 * (2*e.cost(a) + e.cost(b)) }
func (e *metered) ScoreMACs(a Arch) float64        { return 100 * e.cost(a) }
func (e *metered) AloneMACs(a Arch, n int) float64 { return 3000 * e.cost(a) * float64(n) }

// cost is a whole number.
func (e *metered) cost(a Arch) float64 { return math.Round(1e6 * e.problem.Cost(a)) }

func (e *metered) Train(s Step, a Arch) (float64, error) {
	loss, err := e.planted.Train(s, a)
	if err == nil {
		e.spent = e.spent.Plus(Ledger{TrainImages: 10, Forward: 10 * e.cost(a), Backward: 20 * e.cost(a)})
	}
	return loss, err
}

func (e *metered) Fitness(s Step, a, b Arch) (Gradient, error) {
	g, err := e.planted.Fitness(s, a, b)
	if err == nil {
		e.spent.Fitness += e.FitnessMACs(a, b)
	}
	return g, err
}

func (e *metered) Score(ctx context.Context, archs []Arch, done func(int, float64) error) error {
	for from := 0; from < len(archs); from += 4 {
		group := archs[from:min(from+4, len(archs))]
		if err := cmp.Or(ctx.Err(), e.use(group...)); err != nil {
			return err
		}
		dearest := 0.0
		accuracies := make([]float64, len(group))
		for i, a := range group {
			dearest = max(dearest, e.cost(a))
			_ = e.planted.Score(ctx, []Arch{a}, func(_ int, v float64) error { accuracies[i] = v; return nil })
		}
		e.spent.Scoring += 100 * dearest
		for i, v := range accuracies {
			if err := done(from+i, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// counted is a small search on an engine that counts.
func counted(seed uint64) (Search, *metered) {
	s, e := small(seed)
	return counting(s, e)
}

// longer is a search of more rounds on an engine that counts.
func longer() (Search, *metered) {
	s, e := plant(5, 16)
	s.Config.TrainSteps, s.Config.Fitness.LR = 8, 1.5
	s.Config.Front = FrontConfig{Samples: 6, Extras: 2, Attempts: 30}
	return counting(s, e)
}

func counting(s Search, e *planted) (Search, *metered) {
	m := &metered{planted: e, problem: s.Problem}
	s.Engine = m
	return s, m
}

// The ledger of a search is that of its engine. A search that goes on from any boundary on a new engine ends with the
// same one.
func TestLedgerGoesOn(t *testing.T) {
	s, e := counted(5)
	type boundary struct {
		state   string
		weights uint64
	}
	var list []boundary
	s.Checkpoint = func(st State) error {
		list = append(list, boundary{encode(t, st), e.Weights})
		return nil
	}
	end, events := run(t, s)
	if end.Spent != e.spent || end.Spent.Forward == 0 || end.Spent.Backward != 2*end.Spent.Forward ||
		end.Spent.Fitness == 0 || end.Spent.Scoring == 0 {
		t.Fatalf("spent %+v, the engine %+v", end.Spent, e.spent)
	}
	if want := int64(10 * len(bodies[Trained](events))); end.Spent.TrainImages != want {
		t.Errorf("%d training images, want %d", end.Spent.TrainImages, want)
	}
	for i, b := range list {
		s, e := counted(5)
		e.Weights = b.weights
		var st State
		if err := json.Unmarshal([]byte(b.state), &st); err != nil {
			t.Fatal(err)
		}
		st, err := s.Run(context.Background(), st)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(st, end) {
			t.Fatalf("boundary %d of %d: ends as\n%s\nwant\n%s", i, len(list), encode(t, st), encode(t, end))
		}
	}
}

// A search that is cancelled at every boundary, and goes on with the same engine, ends with the same ledger.
func TestCancelledLedgerGoesOn(t *testing.T) {
	s, _ := counted(6)
	want, _ := run(t, s)
	s, _ = counted(6)
	var st State
	breaks := 0
	for ; st.Phase != PhaseFinished; breaks++ {
		ctx, cancel := context.WithCancel(context.Background())
		s.Checkpoint = func(State) error { cancel(); return nil }
		var err error
		if st, err = s.Run(ctx, st); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if breaks < 20 || !reflect.DeepEqual(st, want) {
		t.Errorf("after %d breaks\n%s\nwant\n%s", breaks, encode(t, st), encode(t, want))
	}
}

// What an error undoes within a group of architectures is not counted, nor are their accuracies taken.
func TestScoresWithoutTheirCostAreNotTaken(t *testing.T) {
	s, _ := counted(5)
	full := errors.New("disk full")
	n := 0
	s.Observe = func(e Event) error {
		if _, scored := e.Body.(Scored); scored {
			if n++; n == 6 {
				return full
			}
		}
		return nil
	}
	st, err := s.Run(context.Background(), State{})
	done := 0
	for _, trial := range st.Trials {
		if trial.Done {
			done++
		}
	}
	if !errors.Is(err, full) || done != 4 {
		t.Errorf("%v with %d of 6 architectures done, want the 4 of the first group", err, done)
	}
}

// Boundaries within a scoring stand between groups, whose cost is counted once.
func TestGroupsEndAtBoundaries(t *testing.T) {
	s, _ := counted(5)
	var done []int
	s.Checkpoint = func(st State) error {
		if n := len(slices.DeleteFunc(slices.Clone(st.Trials), func(t Trial) bool { return !t.Done })); n > 0 {
			done = append(done, n)
		}
		return nil
	}
	s.Config.MaxRounds = 1
	s.Config.Front.Extras = 0
	if st, _ := run(t, s); st.Round != 1 || !slices.Equal(done, []int{4, 6}) {
		t.Errorf("boundaries after %v architectures", done)
	}
}

// A budget ends a search before the first round that it has no room for.
func TestBudgetEndsTheSearch(t *testing.T) {
	s, _ := longer()
	var ends []Ledger
	s.Checkpoint = func(st State) error {
		if st.Phase == PhaseBegin {
			ends = append(ends, st.Spent)
		}
		return nil
	}
	whole, _ := run(t, s)
	if len(ends) < 2 {
		t.Fatalf("%d rounds only", len(ends)+1)
	}
	second := ends[1].Minus(ends[0])
	for name, test := range map[string]struct {
		budget BudgetConfig
		rounds int
		reason string
	}{
		"macs": {BudgetConfig{MACs: ends[1].MACs() + second.MACs() - 1}, 2, "are left of "},
		"images": {BudgetConfig{TrainImages: ends[1].TrainImages + second.TrainImages - 1}, 2,
			"79 training images are left of 239 (budget.train_images), and round 2 took 80"},
		"ample": {BudgetConfig{MACs: 1e15, TrainImages: 1e9}, whole.Round, whole.Reason},
	} {
		s, _ := longer()
		s.Budget = test.budget
		st, events := run(t, s)
		if st.Round != test.rounds || !strings.Contains(st.Reason, test.reason) {
			t.Errorf("%s: ended in round %d: %s", name, st.Round, st.Reason)
		}
		if last := bodies[FrontRetrieved](events); len(last) != test.rounds || len(st.Front) == 0 {
			t.Errorf("%s: %d fronts, the last of %d", name, len(last), len(st.Front))
		}
	}
}

// A search begins with the budget that the error about its first round says. Prices know nothing of what groups share.
func TestFirstRoundMustFit(t *testing.T) {
	s, e := counted(5)
	least := s.firstRound(e)
	s.Config.MaxRounds = 1
	st, _ := run(t, s)
	if spent := st.Spent.MACs(); least < spent || least > spent+3*st.Spent.Scoring {
		t.Errorf("the first round is expected to spend %.4g, and spends %.4g", least, spent)
	}
	for _, test := range []struct {
		budget BudgetConfig
		want   string
	}{
		{BudgetConfig{MACs: 1000}, "budget.macs = 1000: the first round is expected to spend "},
		{BudgetConfig{TrainImages: 79}, "budget.train_images = 79: a round takes 80: want at least that"},
		{BudgetConfig{TrainImages: -1}, "budget.train_images = -1: want 0 (no bound) or more"},
		{BudgetConfig{MACs: math.NaN()}, "budget.macs = NaN: want 0 (no bound) or more"},
		{BudgetConfig{Time: -time.Second}, `budget.time = "-1s": want 0s (no bound) or more`},
	} {
		s, _ := counted(5)
		s.Budget = test.budget
		err := s.Validate()
		if e, is := errors.AsType[*setting.Error](err); !is || !strings.Contains(e.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
	s, _ = counted(5)
	if s.Budget.MACs = roundUp(least); s.Validate() != nil {
		t.Errorf("%g is refused: %v", s.Budget.MACs, s.Validate())
	}
	s, _ = small(5)
	s.Budget.MACs = 1e15
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "does not count what it spends") {
		t.Errorf("an engine without a meter: %v", err)
	}
}

// A clock that runs out ends the search at the next boundary, in every phase. The front of the round before stands. A
// group that has been scored by then counts, although its accuracies come too late.
func TestTimeEndsTheSearch(t *testing.T) {
	s, _ := counted(5)
	s.Config.MaxRounds = 3
	var states []State
	s.Checkpoint = func(st State) error {
		st.Trials = slices.Clone(st.Trials)
		states = append(states, st)
		return nil
	}
	run(t, s)
	for i, at := range states[:len(states)-1] {
		s, _ := counted(5)
		s.Config.MaxRounds = 3
		boundaries := 0
		var last State
		s.Checkpoint = func(st State) error {
			boundaries++
			last = st
			return nil
		}
		s.Budget.Time = time.Minute
		s.Elapsed = func() time.Duration { return time.Duration(boundaries) * time.Minute / time.Duration(i+1) }
		st, _ := run(t, s)
		if st.Reason != "the time of 1m0s is over (budget.time)" || !reflect.DeepEqual(st, last) ||
			!reflect.DeepEqual(st.Front, at.Front) || st.Spent.MACs() < at.Spent.MACs() ||
			st.Spent != at.Spent && at.Phase != PhaseScore {
			t.Fatalf("boundary %d, in round %d at phase %q: ended in round %d after %d boundaries because %q", i,
				at.Round, at.Phase, st.Round, boundaries, st.Reason)
		}
	}
}

// A front is made of the trials that are done when a method retrieves it early.
func TestRetrieveCountsWhatIsDone(t *testing.T) {
	s, _ := small(5)
	st := State{Round: 1, Phase: PhaseScore, Trials: []Trial{
		{Member: Member{Arch: Arch{{0}}, Cost: 5}},
		{Member: Member{Arch: Arch{{1}}, Cost: 8, Accuracy: 0.5}, Done: true}}}
	next, err := s.Retrieve(context.Background(), st)
	if err != nil || len(next.Front) != 1 || next.Front[0].Cost != 8 {
		t.Errorf("front %+v, %v", next.Front, err)
	}
}

// A second pool has the budget anew, and the ledger goes on.
func TestSecondPoolHasTheBudgetAnew(t *testing.T) {
	s, e := counted(5)
	s.Config.MaxRounds = 1
	st, _ := run(t, s)
	s.Budget = BudgetConfig{MACs: 2 * st.Spent.MACs(), TrainImages: 1000}
	next, err := s.Continue(context.Background(), st, []OpID{0, 1, 2, 3, 4, 5, 6, 7})
	if err != nil || next.Spent != st.Spent || s.Left(next) != s.Budget.MACs || s.ImagesLeft(next) != 1000 {
		t.Fatalf("%v: spent %+v, left %v and %v", err, next.Spent, s.Left(next), s.ImagesLeft(next))
	}
	if next, err = s.Run(context.Background(), next); err != nil || next.Spent != e.spent {
		t.Errorf("%v: spent %+v, the engine %+v", err, next.Spent, e.spent)
	}
	if math.IsInf(s.Left(next), 0) || s.Left(next) >= s.Budget.MACs {
		t.Errorf("%v left", s.Left(next))
	}
	if (Search{}).Left(next) != math.Inf(1) || (Search{}).ImagesLeft(next) != math.Inf(1) {
		t.Error("there is a bound without a budget")
	}
}
