package report

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// A column is a column of tables in reports. Its declaration in columns.go is used for text, Markdown, the page and its
// definitions, the CSV and docs/formats.md.
type column[T any] struct {
	Name   string // title; "" if no table has it. {baseline} and {cross-check} are replaced by names of the run
	Key    string // path of the value in the JSON of a row: response_ns.p50
	CSV    string // name in the CSV; "": made from the key
	Unit   unit   // zero for text
	Bounds bool   // whether the interval of the value is shown, too
	In     tables // tables that have it, of those that share the list
	Order  int    // columns with a higher order come later
	About  string // definition

	When  func(*analysis.Analysis) bool      // reports whether tables have the column; nil: always
	Text  func(*analysis.Analysis, T) string // returns the text that is shown; nil: the value in its unit
	Place func(*analysis.Analysis, T) string // returns the place of the value in the JSON; nil: Key of the row
}

// A unit is the unit of values, with the function that formats them. Text has no unit.
type unit struct {
	name  string
	print func(float64) string
}

var (
	ns           = unit{"ns", units.Duration}
	perSecond    = unit{"1/s", units.Rate}
	throughputs  = unit{"1/s", units.Number} // where the title of the column has the unit
	perRequest   = unit{"1/request", units.PerRequest}
	faults       = unit{"1/request", units.Number}
	lengths      = unit{"B", func(bytes float64) string { return units.Count(int64(bytes)) + " B" }}
	sizes        = unit{"B", func(bytes float64) string { return units.Size(int64(bytes)) }}
	counts       = unit{"1", exact.print}
	ratios       = unit{"1", units.Number}
	shares       = unit{"1", units.Percent}
	changes      = unit{"1", units.Change}
	wholeChanges = unit{"1", units.WholeChange}
	spans        = unit{"s", func(s float64) string { return units.Duration(1e9 * s) }}
	exact        = unit{"", func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }}
)

// format formats the value of a field; it returns absent for a nil pointer.
func (u unit) format(v reflect.Value, absent string) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return absent
		}
		v = v.Elem()
	}
	switch {
	case u.print != nil && v.CanInt():
		return u.print(float64(v.Int()))
	case u.print != nil && v.CanFloat():
		return u.print(v.Float())
	}
	return strings.Trim(fmt.Sprint(v), "[]") // a list prints in brackets
}

// field returns the field of a struct by its path in the JSON.
func field(of any, path string) reflect.Value {
	v := reflect.ValueOf(of)
	for key := range strings.SplitSeq(path, ".") {
		fields := reflect.VisibleFields(v.Type())
		i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			return name == key
		})
		v = v.FieldByIndex(fields[i].Index)
	}
	return v
}

// placeIn returns a function that returns the place of an element of a list in the JSON.
func placeIn[T comparable](list string, all []T) func(T) string {
	return func(v T) string { return fmt.Sprintf("%s.%d", list, slices.Index(all, v)) }
}

// A grid is a table, ready to be printed.
type grid struct {
	Heads []head
	Rows  [][]value
}

// A head is the title of a column. It links to the definition of the column, or to the place of its values in the JSON.
type head struct {
	Name, Definition, Place string
	Number                  bool // the column has numbers, aligned to the right
}

// A value is a text with its place in the JSON; "" if it is not in the JSON.
type value struct{ Text, Place string }

// makeTable returns a table with the columns that are in the tables in; 0: all columns with a title. The function place
// returns the place of a row in the JSON; nil: rows have no places.
func makeTable[T any](a *analysis.Analysis, columns []column[T], in tables, rows []T, place func(T) string) grid {
	columns = slices.DeleteFunc(slices.Clone(columns), func(c column[T]) bool {
		return !c.in(in) || c.When != nil && !c.When(a)
	})
	slices.SortStableFunc(columns, func(b, c column[T]) int { return cmp.Compare(b.Order, c.Order) })
	g := grid{Rows: make([][]value, len(rows))}
	for _, c := range columns {
		g.Heads = append(g.Heads, head{Name: c.head(a), Definition: c.About, Number: c.Unit.name != ""})
		for i, row := range rows {
			v := value{Text: c.text(a, row)}
			switch {
			case c.Unit.name == "" || !strings.ContainsAny(v.Text, "0123456789"): // not a number
			case c.Place != nil:
				v.Place = c.Place(a, row)
			case c.Key != "" && place != nil:
				v.Place = place(row) + "." + c.Key
			}
			g.Rows[i] = append(g.Rows[i], v)
		}
	}
	return g
}

func (c column[T]) in(t tables) bool { return c.Name != "" && (t == 0 || c.In&t != 0) }

func (c column[T]) head(a *analysis.Analysis) string {
	if a == nil {
		return c.Name
	}
	return strings.NewReplacer("{baseline}", a.Run.Baseline, "{cross-check}", a.Run.CrossCheckEngine).Replace(c.Name)
}

func (c column[T]) text(a *analysis.Analysis, row T) string {
	if c.Text != nil {
		return c.Text(a, row)
	}
	text := c.Unit.format(field(row, c.Key), units.Absent)
	if c.Bounds { // response_ns.low belongs to response_ns.value, and ratio_low to ratio; high likewise
		of := strings.TrimSuffix(c.Key+"_", "value_")
		low, high := field(row, of+"low").Interface().(*float64), field(row, of+"high").Interface().(*float64)
		text += units.Interval(low, high, c.Unit.print)
	}
	return text
}

// csvName returns the name of the column in the CSV: response_p50_ns for the key response_ns.p50.
func (c column[T]) csvName() string {
	of, name, found := strings.Cut(c.Key, "_ns.")
	if found {
		name = of + "_" + name + "_ns"
	}
	return cmp.Or(c.CSV, name, c.Key)
}

// exact formats the value for programs, without rounding; "" if it is unknown.
func (c column[T]) exact(a *analysis.Analysis, row T) string {
	if c.Key == "" {
		return c.Text(a, row)
	}
	return exact.format(field(row, c.Key), "")
}

// of returns a text function that ignores the rest of the analysis.
func of[T any](text func(T) string) func(*analysis.Analysis, T) string {
	return func(_ *analysis.Analysis, row T) string { return text(row) }
}

// requestOf returns the name of the request of a row.
func requestOf[T any](_ *analysis.Analysis, row T) string {
	return analysis.RequestName(field(row, "workload").String(), field(row, "request").String())
}

// gutter is the number of spaces between columns of text.
const gutter = 2

// render draws the table as text within the width; 0: no limit. Columns that do not fit are on further lines of each
// row, which are indented.
func (g grid) render(width int) string {
	lines := g.split(width)
	if len(lines) == 1 {
		return trimmed(lines[0].writer().Render())
	}
	var drawn [][]string
	for i, part := range lines {
		drawn = append(drawn, part.drawn(width, i))
	}
	rule := strings.Repeat(plainTable.Box.MiddleHorizontal, width)
	var all []string
	for row := range len(g.Rows) + 1 { // row 0 is the heads
		for _, part := range drawn {
			if strings.TrimSpace(part[row]) != "" {
				all = append(all, part[row])
			}
		}
		if row == 0 {
			all = append(all, rule)
		}
	}
	return strings.Join(all, "\n")
}

// split divides the columns into tables, each of which fits into the width.
func (g grid) split(width int) []grid {
	var parts []grid
	room := 0
	for i, h := range g.Heads {
		wide := text.StringWidthWithoutEscSequences(h.Name)
		for _, row := range g.Rows {
			wide = max(wide, text.StringWidthWithoutEscSequences(row[i].Text))
		}
		if parts == nil || width > 0 && wide > room {
			if room = width; parts != nil {
				room -= indentation
			}
			parts = append(parts, grid{Rows: make([][]value, len(g.Rows))})
		}
		part := &parts[len(parts)-1]
		part.Heads = append(part.Heads, h)
		for j, row := range g.Rows {
			part.Rows[j] = append(part.Rows[j], row[i])
		}
		room -= wide + gutter
	}
	return parts
}

// indentation is the number of spaces before the further lines of a row.
const indentation = 4

// drawn draws the part of a table with that index. It returns a string for the heads and for each row. A string has
// several lines if a single column is too wide.
func (g grid) drawn(width, part int) (rows []string) {
	indent := ""
	if part > 0 {
		indent = strings.Repeat(" ", indentation)
	}
	if len(g.Heads) == 1 {
		texts := []string{g.Heads[0].Name}
		for _, row := range g.Rows {
			texts = append(texts, row[0].Text)
		}
		for _, t := range texts {
			wrapped := strings.TrimRight(text.WrapSoft(t, max(width-len(indent), 1)), " \n")
			rows = append(rows, trimmed(indent+strings.ReplaceAll(wrapped, "\n", "\n"+indent)))
		}
		return rows
	}
	w := g.writer()
	bare := plainTable
	bare.Options.SeparateHeader = false
	w.SetStyle(bare)
	for line := range strings.SplitSeq(w.Render(), "\n") {
		rows = append(rows, strings.TrimRight(indent+line, " "))
	}
	return rows
}

// trimmed removes spaces at the ends of lines, and shortens the rule below the heads to the widest line.
func trimmed(all string) string {
	lines := strings.Split(all, "\n")
	widest := 0
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
		if !strings.HasPrefix(l, plainTable.Box.MiddleHorizontal) {
			widest = max(widest, text.StringWidthWithoutEscSequences(lines[i]))
		}
	}
	for i, l := range lines {
		if strings.HasPrefix(l, plainTable.Box.MiddleHorizontal) {
			lines[i] = strings.Repeat(plainTable.Box.MiddleHorizontal, widest)
		}
	}
	return strings.Join(lines, "\n")
}

// writer returns a writer that draws the table as text and as Markdown.
func (g grid) writer() table.Writer {
	t := table.NewWriter()
	t.SetStyle(plainTable)
	var heads table.Row
	var right []table.ColumnConfig
	for i, h := range g.Heads {
		heads = append(heads, h.Name)
		if h.Number {
			right = append(right, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.AppendHeader(heads)
	t.SetColumnConfigs(right)
	for _, values := range g.Rows {
		var row table.Row
		for _, v := range values {
			row = append(row, v.Text)
		}
		t.AppendRow(row)
	}
	return t
}

// plainTable is a style with a line under the header and no other lines, so that the numbers stand out.
var plainTable = func() table.Style {
	s := table.StyleLight
	s.Options = table.Options{SeparateHeader: true}
	s.Format.Header = 0 // unchanged
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	return s
}()
