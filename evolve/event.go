package evolve

import (
	"encoding/json"
	"fmt"
)

// Event is one thing that happened in a search. Events depend on the problem, the configuration, the seed and the
// engine alone, never on time. A resumed search repeats, number for number, those that followed its checkpoint.
type Event struct {
	Seq   int  // from 0, without holes
	Round int  // from 1
	Body  Body // what happened
}

// Body is what happened: one of RoundStarted, Trained, FitnessUpdated, Dropped, Sampling, Sampled, Scored,
// FrontRetrieved, Arrived, Aggregated, Replenished, Continued, Quarantined, Finished. Bodies share memory with the
// search: they are read, and not changed.
type Body interface {
	// Kind names the body's type in JSON, such as "round_started".
	Kind() string
}

// RoundStarted says on what a round searches.
type RoundStarted struct {
	Subset     []Path `json:"subset"`      // by layer
	Inherited  []Path `json:"inherited"`   // by layer: the part of the subset that the last front used
	SubsetSize string `json:"subset_size"` // number of architectures over the subset, exact, decimal
	// Redrawn counts the subsets that were drawn before and passed over, because they do not meet the budget.
	Redrawn int `json:"redrawn,omitempty"`
}

// Trained reports one weight update (eq. 2).
type Trained struct {
	Step int     `json:"step"` // from 0
	Loss float64 `json:"loss"` // mean cross-entropy of the batch
}

// FitnessUpdated reports one fitness update (eq. 3).
type FitnessUpdated struct {
	Step     int     `json:"step"`     // from 0, of fitness updates
	Loss     float64 `json:"loss"`     // cross-entropy on the held-out batch
	Cost     float64 `json:"cost"`     // expected cost over the two configurations of each layer (eq. 8)
	Resource float64 `json:"resource"` // resource term (eq. 5)
	// Theta is θ after the update, by layer, in the order of the round's subset without what was quarantined. It is nil
	// on most steps, and never on a round's last.
	Theta [][]float64 `json:"theta"`
}

// Dropped says that simplification dropped an operation from a layer for the rest of the round (3.3.1).
type Dropped struct {
	Step  int     `json:"step"` // of fitness updates
	Layer int     `json:"layer"`
	Op    OpID    `json:"op"`
	Theta float64 `json:"theta"` // below the threshold
}

// Sampling reports what a long sampling has found so far (3.3.2). It comes after every so many draws.
type Sampling struct {
	Found  int `json:"found"`  // distinct architectures within the constraint interval
	Wanted int `json:"wanted"` // D
	Draws  int `json:"draws"`
	Most   int `json:"most"` // draws before this way of sampling is given up
	// Expected is how many architectures will be found at most, if new ones keep coming as often as of late.
	Expected int `json:"expected"`
}

// Sampled reports what the constraint interval yielded (3.3.2).
type Sampled struct {
	Feasibility Feasibility `json:"feasibility"`
	Rehearsed   int         `json:"rehearsed"` // architectures of the previous front that are scored again
	// Unsampled has the operations that did not fall, and that no architecture within the interval uses. Of methods
	// that do not sample a subset, it has those that no such architecture can use. It is nil if there are none.
	Unsampled *Missing `json:"unsampled,omitempty"`
}

// Scored reports the accuracy of one architecture.
type Scored struct {
	Index int   `json:"index"` // in the list of architectures to score; the engine has an order of its own
	Done  int   `json:"done"`  // scored so far, with this one
	Total int   `json:"total"` // length of that list
	Trial Trial `json:"trial"`
}

// FrontRetrieved reports the round's Pareto front (3.3.2).
type FrontRetrieved struct {
	Members     []Member `json:"members"`     // by ascending cost; Round tells those that were inherited
	Hypervolume float64  `json:"hypervolume"` // to the point (τ·(1+width), 0)
	Unedged     bool     `json:"unedged"`     // extras dominated everything else and were not counted
	// Rehearsed is the hypervolume, to the same point, of the previous front's members as they were scored again in
	// this round. It is nil if none were. Accuracies of two rounds are of two supernets, and cannot be compared.
	// Rehearsed and Hypervolume are of one, but do not judge the search: the new front holds or dominates nearly all of
	// the old one.
	Rehearsed *float64 `json:"rehearsed"`
}

// Aggregated reports the operations that the front uses (eq. 9).
type Aggregated struct {
	Kept []Path `json:"kept"` // by layer
}

// Replenished reports the subset of the next round: what is kept and what comes in (3.3.3).
type Replenished struct {
	Kept []Path `json:"kept"` // by layer
	New  []Path `json:"new"`  // by layer
}

// Finished ends the events of a search.
type Finished struct {
	Reason string `json:"reason"`
}

// Kind is "round_started".
func (RoundStarted) Kind() string { return "round_started" }

// Kind is "trained".
func (Trained) Kind() string { return "trained" }

// Kind is "fitness_updated".
func (FitnessUpdated) Kind() string { return "fitness_updated" }

// Kind is "dropped".
func (Dropped) Kind() string { return "dropped" }

// Kind is "sampling".
func (Sampling) Kind() string { return "sampling" }

// Kind is "sampled".
func (Sampled) Kind() string { return "sampled" }

// Kind is "scored".
func (Scored) Kind() string { return "scored" }

// Kind is "front_retrieved".
func (FrontRetrieved) Kind() string { return "front_retrieved" }

// Kind is "aggregated".
func (Aggregated) Kind() string { return "aggregated" }

// Kind is "replenished".
func (Replenished) Kind() string { return "replenished" }

// Kind is "finished".
func (Finished) Kind() string { return "finished" }

// eventJSON is the form of an event in JSON.
type eventJSON struct {
	Seq   int             `json:"seq"`
	Round int             `json:"round"`
	Kind  string          `json:"kind"`
	Body  json.RawMessage `json:"body"`
}

// MarshalJSON writes {"seq", "round", "kind", "body"}. The keys of a body stay as they are, so that runs of older
// versions can be read.
func (e Event) MarshalJSON() ([]byte, error) {
	body, err := json.Marshal(e.Body)
	if err != nil {
		return nil, err
	}
	return json.Marshal(eventJSON{e.Seq, e.Round, e.Body.Kind(), body})
}

// UnmarshalJSON reads what MarshalJSON wrote. An unknown kind is an error.
func (e *Event) UnmarshalJSON(text []byte) error {
	var j eventJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	body, err := ParseBody(j.Kind, j.Body)
	if err != nil {
		return fmt.Errorf("event %d: %w", j.Seq, err)
	}
	*e = Event{j.Seq, j.Round, body}
	return nil
}

// ParseBody reads the JSON of a body of a kind, such as "round_started". An unknown kind is an error.
func ParseBody(kind string, text []byte) (Body, error) {
	read, known := map[string]func([]byte) (Body, error){
		"round_started":   decode[RoundStarted],
		"trained":         decode[Trained],
		"fitness_updated": decode[FitnessUpdated],
		"dropped":         decode[Dropped],
		"sampling":        decode[Sampling],
		"sampled":         decode[Sampled],
		"scored":          decode[Scored],
		"front_retrieved": decode[FrontRetrieved],
		"arrived":         decode[Arrived],
		"aggregated":      decode[Aggregated],
		"replenished":     decode[Replenished],
		"continued":       decode[Continued],
		"quarantined":     decode[Quarantined],
		"finished":        decode[Finished],
	}[kind]
	if !known {
		return nil, fmt.Errorf("unknown kind %q", kind)
	}
	body, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return body, nil
}

// decode reads the JSON of one type of body.
func decode[B Body](text []byte) (Body, error) {
	var b B
	err := json.Unmarshal(text, &b)
	return b, err
}
