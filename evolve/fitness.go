package evolve

// Fitness is the fitness of every operation of a round's subset, by layer.
type Fitness []LayerFitness

// LayerFitness is the fitness of one layer's operations and the state of its optimizer.
type LayerFitness struct {
	Ops     Path      `json:"ops"`     // the round's subset, ascending
	Fallen  []bool    `json:"fallen"`  // by operation: dropped in this round
	Theta   []float64 `json:"theta"`   // by operation: θ
	Mean    []float64 `json:"mean"`    // Adam's mean of the gradient
	Square  []float64 `json:"square"`  // Adam's mean of its square
	Updates int       `json:"updates"` // that Adam has made
}
