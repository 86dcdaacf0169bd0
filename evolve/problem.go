package evolve

// Problem is what a search is about.
type Problem struct {
	Normal []bool      // by layer: keeps channels and resolution, so that it has an identity path
	Pool   []Candidate // by OpID
	Fixed  float64     // cost of stem and head, in the unit of the candidates' cost
}
