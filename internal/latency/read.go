package latency

import (
	"fmt"

	"github.com/nse-dev/nse/internal/file"
	"github.com/nse-dev/nse/internal/jsontext"
	"github.com/nse-dev/nse/supernet"
)

// Read reads a table from a file. Errors name the file, and the place in it where that is known.
func Read(path string) (t Table, err error) {
	text, err := file.ReadText(path)
	if err != nil {
		return t, err
	}
	return Parse(path, text)
}

// Parse is Read of a text in memory. path stands for it in messages.
func Parse(path string, text []byte) (t Table, err error) {
	if err := jsontext.Decode(path, text, &t); err != nil {
		return t, err
	}
	if err := t.Validate(); err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// SetupOf is what a table of a macro-architecture is for, without how it is measured.
func SetupOf(m supernet.Macro, in supernet.Input) Setup {
	return Setup{Macro: m, Image: [3]int{in.Height, in.Width, in.Channels}, Classes: in.Classes}
}

// Input is what the networks of a table are built for.
func (s Setup) Input() supernet.Input {
	return supernet.Input{Height: s.Image[0], Width: s.Image[1], Channels: s.Image[2], Classes: s.Classes}
}
