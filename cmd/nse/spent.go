package main

import (
	"fmt"
	"strings"

	"github.com/nse-dev/nse"
	"github.com/nse-dev/nse/internal/text"
)

// spentText is a line about what a search or a retraining has spent. Nothing is said of what has not been counted.
func spentText(l nse.Ledger) string {
	var kinds, parts []string
	for _, k := range []struct {
		name string
		macs float64
	}{{"training", l.Forward + l.Backward}, {"fitness", l.Fitness}, {"recalibration", l.Calibration},
		{"scoring", l.Scoring}, {"training alone", l.Alone}} {
		if k.macs > 0 {
			kinds = append(kinds, k.name+" "+text.Prefixed(k.macs))
		}
	}
	if len(kinds) > 0 {
		parts = append(parts, fmt.Sprintf("%s MACs (%s)", text.Prefixed(l.MACs()), strings.Join(kinds, ", ")))
	}
	if l.TrainImages > 0 {
		parts = append(parts, text.Prefixed(float64(l.TrainImages))+" training images")
	}
	if l.Seconds > 0 {
		parts = append(parts, text.Seconds(l.Seconds))
	}
	if len(parts) == 0 {
		return ""
	}
	return "spent: " + strings.Join(parts, ", ") + "\n"
}

// retrained is what a retraining has spent on the models that were not complete before.
func retrained(done []nse.Model) (l nse.Ledger) {
	for _, d := range done {
		if d.Seconds == 0 {
			continue
		}
		l.Alone += d.Model.Training.MACs
		l.TrainImages += d.Model.Training.TrainImages
		l.Seconds += d.Seconds
	}
	return l
}
