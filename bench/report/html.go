package report

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

//go:embed html
var pageFiles embed.FS

// page is the template of the report, with its styles and scripts.
var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"css":    func(name string) template.CSS { return template.CSS(PageFile(name)) },
	"js":     func(name string) template.JS { return template.JS(PageFile(name)) },
	"curve":  curve,
	"anchor": anchor,
	"join":   func(names []string) string { return strings.Join(names, ", ") },
}).ParseFS(pageFiles, "html/page.html"))

// PageFile returns an embedded file of the page, for use in other pages; nil if there is no file of that name.
func PageFile(name string) []byte {
	text, _ := pageFiles.ReadFile("html/" + name)
	return text
}

// A pageOf is the data of the page's template.
type pageOf struct {
	*analysis.Analysis
	Summary     string
	Answer      statement
	Meanings    []statement
	First, Rest []*figure // before and after the tables
	Tables      []section
	Terms       []entry
	Series      template.JS // medians of blocks, for the charts
	JSON        template.JS
	Environment []string
}

// HTML prints the report as one self-contained file, which needs no network and no other files.
func HTML(w io.Writer, a *analysis.Analysis) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	a = respell(a, inLine)
	series, err := json.Marshal(timeSeries(a))
	if err != nil {
		return err
	}
	tables := sections(a, false)
	p := pageOf{Analysis: a, Summary: summary(a), Answer: cautioned(a), Terms: terms(a),
		First: atBothSizes(a, taxFigure),
		Rest: slices.Concat(atBothSizes(a, startUpFigures), atBothSizes(a, recyclingFigures), atBothSizes(a, reuseFigure),
			atBothSizes(a, waterfallFigure),
			atBothSizes(a, rateFigures), atBothSizes(a, distributionFigures)),
		JSON: template.JS(escapedJSON(string(text))), Series: template.JS(series), Environment: surroundings(a)}
	if a.Check != nil {
		for _, line := range checkLines(a.Check) {
			p.Meanings = append(p.Meanings, statement{Text: line})
		}
		tables = slices.Insert(tables, 0, gatesSection(a.Check))
	}
	p.Meanings = append(p.Meanings, statements(withoutIntermediate(a))...)
	p.Tables = slices.DeleteFunc(tables, func(s section) bool { return s.Page == "" || len(s.Table.Rows) == 0 })
	var all bytes.Buffer
	if err := page.Execute(&all, p); err != nil {
		return fmt.Errorf("making the page: %w", err)
	}
	_, err = all.WriteTo(w)
	return err
}

// atBothSizes draws figures for a wide page, each with a drawing for a narrow page.
func atBothSizes(a *analysis.Analysis, draw func(*analysis.Analysis, size) []*figure) []*figure {
	figures := draw(a, wideSize)
	for i, narrow := range draw(a, narrowSize) {
		figures[i].Narrow = narrow.Drawing()
	}
	return figures
}

// A series is the medians of a cell's blocks, in the order in which they ran.
type series struct {
	Group string    `json:"group"` // series of a group share a chart
	Name  string    `json:"name"`
	Round []int     `json:"round"`
	P50   []float64 `json:"p50_us"`
}

// mostPoints is the maximum number of points drawn per series. Of a longer series every nth point is drawn.
const mostPoints = 1500

func timeSeries(a *analysis.Analysis) []series {
	all := []series{}
	for _, c := range a.OwnCells() {
		s := series{Group: requestAtLoad(c), Name: c.Model}
		every := len(c.Samples)/mostPoints + 1
		for i, b := range c.Samples {
			if v, ok := b.Metrics[analysis.MetricResponse]; ok && i%every == 0 {
				s.Round, s.P50 = append(s.Round, b.Round), append(s.P50, units.Thousandths(v/1e3))
			}
		}
		if len(s.Round) > 1 {
			all = append(all, s)
		}
	}
	return all
}

// checkLines returns the statements about a check besides its verdict.
func checkLines(c *analysis.Check) []string {
	lines := []string{checkTerms(c) + "."}
	if c.Control != nil {
		lines = append(lines, controlText(c.Control))
	}
	for _, line := range analysis.LeftOutLines(c.LeftOut) {
		lines = append(lines, "Left out: "+line+".")
	}
	return slices.Concat(lines, gateLines(c, analysis.Regression), undecidedLines(c), gateLines(c, analysis.Unbounded),
		changedLines(c), machineLines(c))
}

// An entry is a part of the page's glossary: the names of columns that share a definition.
type entry struct {
	Names      []string
	Definition string
}

// terms returns the terms of all columns that tables of the page may have. In names, the baseline and the cross-check
// engine of the run replace their placeholders, unless a is nil.
func terms(a *analysis.Analysis) []entry {
	var all []entry
	addTerms(&all, a, cellColumns, onPage)
	addTerms(&all, a, comparisonColumns, 0)
	addTerms(&all, a, stepColumns, 0)
	addTerms(&all, a, pointColumns, 0)
	addTerms(&all, a, recyclingColumns, 0)
	addTerms(&all, a, recyclePointColumns, 0)
	addTerms(&all, a, coldColumns, 0)
	addTerms(&all, a, warmUpColumns, 0)
	addTerms(&all, a, phaseColumns, 0)
	addTerms(&all, a, gateColumns, 0)
	addTerms(&all, a, sharingColumns, 0)
	addTerms(&all, a, agreementColumns, 0)
	addTerms(&all, a, responseColumns, 0)
	return all
}

func addTerms[T any](all *[]entry, a *analysis.Analysis, columns []column[T], in tables) {
	for _, c := range columns {
		if !c.in(in) {
			continue
		}
		i := slices.IndexFunc(*all, func(t entry) bool { return t.Definition == c.About })
		if i < 0 {
			i, *all = len(*all), append(*all, entry{Definition: c.About})
		}
		if t := &(*all)[i]; !slices.Contains(t.Names, c.head(a)) {
			t.Names = append(t.Names, c.head(a))
		}
	}
}

// anchor returns the ID of a definition on the page, which is made from the first of its names.
func anchor(definition string) string {
	all := terms(nil)
	i := slices.IndexFunc(all, func(t entry) bool { return t.Definition == definition })
	return "def-" + strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '-'
	}, all[i].Names[0])
}
