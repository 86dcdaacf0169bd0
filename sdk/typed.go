package sdk

//go:generate go run ./generate

// Typed is a primitive that messages carry by its kind and its attributes, which are its exported fields. An attribute
// is an int, float32, float64, bool, string, [2]int or Activation; its name is the field's in snake case. The table of
// kinds, and what other packages do by kind, are generated from the declarations of this package.
type Typed interface {
	Primitive
	// Examples are small nodes of the primitive, at least one for each of its forms. They do not depend on the
	// receiver.
	Examples() []Example
}

// Example is a small node of a primitive. Tests check its gradient, its wire form, its counts, and that other runtimes
// compute the same.
type Example struct {
	Primitive Primitive
	In        []Shape
	Out       Shape
	Count     Count // counted by hand
}
