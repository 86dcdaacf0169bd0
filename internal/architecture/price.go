package architecture

import (
	"fmt"

	"github.com/nse-dev/nse/internal/text"
)

// Price is what an architecture costs.
type Price struct {
	Name   string `json:"name"`
	Params int64  `json:"params"`
	MACs   int64  `json:"macs"` // for one image
}

// Prices counts architectures.
func Prices(list []Plan) []Price {
	out := make([]Price, len(list))
	for i, p := range list {
		c := p.Count()
		out[i] = Price{p.Name, c.Params, c.MACs}
	}
	return out
}

// PriceRows is a table of prices, for text.Table.
func PriceRows(list []Price) []string {
	rows := []string{"architecture\tparameters\tMACs"}
	for _, p := range list {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s", p.Name, text.Thousands(p.Params), text.Thousands(p.MACs)))
	}
	return rows
}
