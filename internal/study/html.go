package study

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"

	"github.com/nse-dev/nse/internal/plot"
	"github.com/nse-dev/nse/internal/text"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// picture is a chart with what it shows.
type picture struct {
	Title, Note string
	SVG         template.HTML
}

// HTML is a page of the report in UTF-8, with charts. It needs no other file and has no script.
func (r *Report) HTML() ([]byte, error) {
	type section struct {
		Title    string
		Tables   []Table
		Pictures []picture
	}
	var sections []section
	for _, c := range r.Cells {
		pictures, err := r.pictures(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Title(), err)
		}
		sections = append(sections, section{c.Title(), r.Tables(c), pictures})
	}
	spent, err := draw(picture{Title: "Accuracy against cost", Note: "A mark is a method on a data set at a budget: " +
		"the mean accuracy of its finalists, and the mean cost of the search and of training them."}, r.spent())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{"Report": r, "Lead": r.lead(), "Sections": sections, "Spent": spent})
	return b.Bytes(), err
}

// draw draws a chart, or nothing where it has no marks.
func draw(p picture, c plot.Chart) ([]picture, error) {
	c.Series = slices.DeleteFunc(c.Series, func(s plot.Series) bool { return len(s.Marks) == 0 })
	if len(c.Series) == 0 {
		return nil, nil
	}
	svg, err := c.SVG()
	if i := bytes.Index(svg, []byte("<svg")); i > 0 {
		svg = svg[i:] // a page has no XML declaration
	}
	p.SVG = template.HTML(svg)
	return []picture{p}, err
}

// pictures are the charts of a cell.
func (r *Report) pictures(c Cell) ([]picture, error) {
	distributions, err := draw(picture{Title: "Distributions of finalists",
		Note: "The part of a method's finalists whose accuracy is at most so high. The further right, the better."},
		c.steps())
	if err != nil {
		return nil, err
	}
	fronts, err := draw(picture{Title: "Finalists", Note: "Each mark is a network that was trained alone."},
		c.finalists())
	return append(distributions, fronts...), err
}

// spent sets accuracy against cost, a series for each method and data set.
func (r *Report) spent() plot.Chart {
	chart := plot.Chart{X: "cost (TMAC)", Y: "accuracy on test images (%)"}
	at := map[string]int{}
	for _, c := range r.Cells {
		for _, s := range c.Methods {
			if s.Seeds == 0 {
				continue
			}
			name := s.Method
			if len(r.Cells) > 1 && r.Cells[0].Data != r.Cells[len(r.Cells)-1].Data {
				name += ", " + c.Data
			}
			i, there := at[name]
			if !there {
				i = len(chart.Series)
				at[name] = i
				chart.Series = append(chart.Series, plot.Series{Name: name, Line: plot.Straight})
			}
			chart.Series[i].Marks = append(chart.Series[i].Marks, plot.Mark{X: s.Spent / 1e12, Y: 100 * s.Mean,
				Title: fmt.Sprintf("%s, %s: %s of %d seeds, 95 %% %s", s.Method, c.Title(), text.Percent(s.Mean),
					s.Seeds, between(s.Interval, 100, 2))})
		}
	}
	return chart
}

// steps are the distribution functions of the methods.
func (c Cell) steps() plot.Chart {
	chart := plot.Chart{X: "accuracy on test images (%)", Y: "part of the finalists (%)"}
	for _, s := range c.Methods {
		series := plot.Series{Name: s.Method, Line: plot.Stairs, Bare: true}
		for i, step := range s.Distribution {
			if i == 0 {
				series.Marks = append(series.Marks, plot.Mark{X: 100 * step.X})
			}
			series.Marks = append(series.Marks, plot.Mark{X: 100 * step.X, Y: 100 * step.Part})
		}
		chart.Series = append(chart.Series, series)
	}
	return chart
}

// finalists sets the accuracy of every finalist against its cost.
func (c Cell) finalists() plot.Chart {
	chart := plot.Chart{X: "million MACs", Y: "accuracy on test images (%)"}
	for _, s := range c.Methods {
		series := plot.Series{Name: s.Method}
		for _, p := range s.points {
			series.Marks = append(series.Marks, plot.Mark{X: p.macs, Y: 100 * p.test,
				Title: fmt.Sprintf("%s, seed %d: %s at %.4g M MACs", s.Method, p.key.Seed, text.Percent(p.test),
					p.macs)})
		}
		chart.Series = append(chart.Series, series)
	}
	return chart
}
