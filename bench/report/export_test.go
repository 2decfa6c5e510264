package report

import (
	"reflect"
	"slices"
	"testing"

	"forktax/bench/analysis"
)

// Tag and BenchName export functions to tests in package report_test.
var (
	Tag       = tag
	BenchName = benchName
)

// A ColumnInfo is what a column declares.
type ColumnInfo struct {
	Name, Key, CSV, Unit, About string
	Value                       bool // the column has a text function or a key
	Number                      bool // the value at the key is a number
	Text, Markdown, Page        bool // formats with the column in a table
}

// A ColumnList is the columns for a list in the JSON, whose elements are the rows.
type ColumnList struct {
	Rows    string
	Columns []ColumnInfo
}

// ColumnLists returns the columns of all tables of a run.
func ColumnLists() []ColumnList {
	const printed = inClosed | inOpen | inCosts | inSuite | inPhases
	return []ColumnList{
		{"cells[]", append(infos(cellColumns, func(c column[analysis.Cell], i *ColumnInfo) {
			if c.In&inCSV != 0 {
				i.CSV = c.csvName()
			}
			i.Text, i.Page = c.in(printed), c.in(onPage)
			i.Markdown = c.in(printed &^ inPhases)
		}), infos(phaseColumns, func(_ column[analysis.Cell], i *ColumnInfo) { i.Text, i.Page = true, true })...)},
		{"comparisons[]", infos(comparisonColumns, inMarkdownAndPage)},
		{"reuse_levels[].steps[]", infos(stepColumns, inMarkdownAndPage)},
		{"cold_starts[]", infos(coldColumns, func(_ column[analysis.ColdStart], i *ColumnInfo) {
			i.Text, i.Markdown, i.Page = true, true, true
		})},
		{"warm_up[]", infos(warmUpColumns, inMarkdownAndPage)},
		{"start_up[]", infos(startUpColumns(), func(_ column[analysis.StartUp], i *ColumnInfo) {
			i.Text, i.Markdown = true,
				true
		})},
		{"start_up[].points[]", infos(pointColumns, inMarkdownAndPage)},
		{"recycling[]", infos(recyclingColumns, func(_ column[analysis.Recycling], i *ColumnInfo) {
			i.Text, i.Markdown, i.Page = true, true, true
		})},
		{"recycling[].points[]", infos(recyclePointColumns, inMarkdownAndPage)},
		{"sharing[]", infos(sharingColumns, inMarkdownAndPage)},
		{"decisions[]", infos(decisionColumns(), func(_ column[analysis.Decision], i *ColumnInfo) { i.Markdown = true })},
		{"cross_check[]", infos(agreementColumns, inMarkdownAndPage)},
		{"responses[]", infos(responseColumns, func(_ column[exchange], i *ColumnInfo) {
			i.Text, i.Markdown, i.Page = true, true, true
		})},
		{"check.gates[]", infos(gateColumns, func(_ column[analysis.Gate], i *ColumnInfo) {
			i.Text, i.Markdown, i.Page = true, true, true
		})},
	}
}

func inMarkdownAndPage[T any](_ column[T], i *ColumnInfo) { i.Markdown, i.Page = true, true }

func infos[T any](columns []column[T], formats func(column[T], *ColumnInfo)) (all []ColumnInfo) {
	for _, c := range columns {
		i := ColumnInfo{Name: c.Name, Key: c.Key, Unit: c.Unit.name, About: c.About, Value: c.Text != nil}
		if c.Key != "" {
			var row T
			v := field(row, c.Key) // panics if there is no such field
			if v.Kind() == reflect.Pointer {
				v = reflect.Zero(v.Type().Elem())
			}
			i.Value, i.Number = true, v.CanInt() || v.CanFloat()
		}
		formats(c, &i)
		all = append(all, i)
	}
	return all
}

// AddColumn adds a column to the columns of cells until the test ends.
func AddColumn(t *testing.T, name, csv, about string, value func(analysis.Cell) string) {
	before := cellColumns
	t.Cleanup(func() { cellColumns = before })
	cellColumns = append(slices.Clone(before),
		column[analysis.Cell]{Name: name, CSV: csv, Unit: counts, In: inAll | inCSV, About: about, Text: of(value)})
}
