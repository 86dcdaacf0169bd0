package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// arrivalFaults are the ways in which a plugin that comes during a search fails, and what the search says.
var arrivalFaults = map[string]string{
	"garbage handshake": `plugin ".*" printed "hello" where the handshake belongs: it is no plugin of nse, or ` +
		`prints before serve.Main`,
	"wrong protocol": `plugin ".*" speaks protocol version 7, this nse speaks 1: rebuild it with this ` +
		`version's sdk`,
	"slow start":    `plugin ".*" did not start within 3s`,
	"exit at start": `plugin ".*" exited at once: exit status 3, "no licence found"`,
	"wrong shape in Build": `.*: softpool at layer 0 \(240→240, stride 1, 16×16\): output is 16×16×241, the layer ` +
		`needs 16×16×240`,
	"hang in Build": `.*: plugin ".*" did not answer Build of softpool within 2s`,
}

// TestFaultyArrivalsAreRefused has plugins that fail come during a search, and one that does not.
func TestFaultyArrivalsAreRefused(t *testing.T) {
	f := &faulted{dir: filepath.Join(contained(t), "search")}
	f.prepare(t, faultPool)
	fail(filepath.Join(f.dir, "failed")) // their faults are those of a second start
	watched, ready := filepath.Join(f.dir, "watched"), filepath.Join(f.dir, "ready")
	if err := os.Mkdir(watched, 0o755); err != nil {
		t.Fatal(err)
	}
	for mode := range arrivalFaults {
		write(t, filepath.Join(ready, strings.ReplaceAll(mode, " ", "-")),
			"#!/bin/sh\nexec nse-faulty '"+mode+"' '"+f.dir+"'\n")
	}
	write(t, filepath.Join(ready, "good"), "#!/bin/sh\nexec nse-numbered 1\n")
	var come sync.Once
	o := pluginOptions()
	o.StartTimeout, o.CallTimeout = 3*time.Second, 2*time.Second
	f.search(o, func(text string) {
		if strings.HasPrefix(text, "round 1: ") {
			come.Do(func() {
				files, err := os.ReadDir(ready)
				for _, f := range files {
					err = errors.Join(err, os.Rename(filepath.Join(ready, f.Name()), filepath.Join(watched, f.Name())))
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}, watched)
	f.check(t, "")
	text := f.text.String()
	for mode, want := range arrivalFaults {
		said := regexp.MustCompile(`(?m)^warning: .*/watched/` + strings.ReplaceAll(mode, " ", "-") +
			` is not taken: ` + want + `$`)
		if n := len(said.FindAllString(text, -1)); n != 1 {
			t.Errorf("%s: said %d times in\n%s", mode, n, text)
		}
	}
	if !strings.Contains(text, "\nbox1 came from "+watched+"/good\n") {
		t.Errorf("the good one did not come:\n%s", text)
	}
}
