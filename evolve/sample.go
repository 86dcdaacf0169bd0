package evolve

// Feasibility says what the sampling within the constraint interval found.
type Feasibility struct {
	Low      float64 `json:"low"`      // of the interval, in the unit of the cost
	High     float64 `json:"high"`     // of the interval
	Least    float64 `json:"least"`    // cost of the cheapest architecture that the remaining operations make
	Greatest float64 `json:"greatest"` // cost of the dearest
	Wanted   int     `json:"wanted"`   // architectures within the interval: D
	Found    int     `json:"found"`    // of them, distinct
	Extras   int     `json:"extras"`   // found just below the interval
	Draws    int     `json:"draws"`    // made in all
	Accepted int     `json:"accepted"` // draws within the interval, repetitions counted
}
