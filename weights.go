package nse

import (
	"github.com/nse-dev/nse/evolve"
	"github.com/nse-dev/nse/internal/file"
)

// weights is how an engine keeps what it has learned.
type weights struct {
	save    func(path string) error
	restore func(path string) error
	close   func()
	subset  func() []evolve.Path // that has weights, by layer; nil: the engine does not say
}

// weightsOf takes the methods that an engine has, as Options.Engine promises. Without Save the weights are an empty
// file, and without Restore and Close nothing is done. Without Subset it is not known what has weights.
func weightsOf(e evolve.Engine) weights {
	w := weights{
		save:    func(path string) error { return file.Write(path, nil) },
		restore: func(string) error { return nil },
		close:   func() {},
		subset:  func() []evolve.Path { return nil },
	}
	if e, ok := e.(interface{ Save(path string) error }); ok {
		w.save = e.Save
	}
	if e, ok := e.(interface{ Restore(path string) error }); ok {
		w.restore = e.Restore
	}
	if e, ok := e.(interface{ Subset() []evolve.Path }); ok {
		w.subset = e.Subset
	}
	if e, ok := e.(interface{ Close() }); ok {
		w.close = e.Close
	}
	return w
}
