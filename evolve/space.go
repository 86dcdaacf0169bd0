package evolve

// Space is the search space as it evolves: for each layer a subset of at most K operations and the list of those that
// wait for a place.
type Space struct {
	K      int          `json:"k"`
	Layers []LayerSpace `json:"layers"`
}

// LayerSpace is the search space of one layer. An operation that is in none of the lists has been tried and let go.
type LayerSpace struct {
	Kept    Path   `json:"kept"`    // inherited from the last front, ascending
	New     Path   `json:"new"`     // came in for this round, ascending
	Pending []OpID `json:"pending"` // wait, in the order in which they will come
}
