// Package scenario reads scenarios: YAML files with the names of flags as keys. The flags read the values, so that
// both mean
// the same. Only variants and
// requests with weights can be given nowhere else.
package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/spf13/pflag"

	"forktax/bench/foreign"
	"forktax/bench/subject"
)

// mostScenario bytes are far more than all options need: a larger file is another one.
const mostScenario = 1 << 20

// A File is what a scenario says.
type File struct {
	Options  []Option // in their order
	Variants []subject.Variant
	Requests []subject.Weighted
	Begin    string // of the file, as a place
}

// An Option is an option that the scenario gives by a flag; by none if it is that of the variants or of the requests.
type Option struct {
	Name   string
	Key    string // as it is written, which may be a former name
	Flag   string
	Values []string // several of a list
	Place  Place
}

// A Place is where an option is given: file:line:column of the value and of its elements. The command line is the zero
// value: there an option is found by its name.
type Place struct {
	Value    string
	Elements []string
}

// scenario is the name of a file.
//
// The file is not decoded into a struct: go-yaml 1.19 normalizes numbers on their way into a string, so that a flag
// or a
// variable would get 1.1 for 1.10, and its decoder can panic.
type scenario string

// Read reads the scenario in the file name. Each value is tried on one of the flags. Errors are a *subject.UsageError
// with
// the place.
func Read(name string, flags *pflag.FlagSet, names Names) (*File, error) {
	s := scenario(name)
	entries, err := s.entries()
	if err != nil {
		return nil, err
	}
	file := &File{Begin: s.at(&token.Position{Line: 1, Column: 1})}
	seen := map[string]givenKey{}
	for _, e := range entries {
		key := e.Key.GetToken()
		option := names.Flag(key.Value)
		f := flags.Lookup(option)
		if f != nil {
			option = names.Option(f.Name)
		} else if option != VariantsKey && option != RequestsKey {
			return nil, s.unknown(key, flags)
		}
		given := givenKey{key, Name{Written: key.Value, Present: key.Value}}
		if f != nil {
			given.Present = f.Name
		}
		if first, ok := seen[option]; ok {
			return nil, s.twice(first, given)
		}
		seen[option] = given
		o := Option{Name: option, Key: key.Value}
		switch {
		case f != nil:
			o.Flag = f.Name
			o.Values, o.Place, err = s.values(f, key.Value, e.Value)
		case option == RequestsKey:
			file.Requests, o.Place, err = s.requests(e.Value)
		default:
			file.Variants, o.Place, err = s.variants(e.Value)
		}
		if err != nil {
			return nil, err
		}
		file.Options = append(file.Options, o)
	}
	return file, nil
}

// A givenKey is a key of the scenario.
type givenKey struct {
	*token.Token
	Name
}

// twice returns the error of an option that two keys give.
func (s scenario) twice(first, second givenKey) error {
	at, line := second.Position, first.Position.Line
	if first.Written == second.Written {
		return s.wrong(at, "the option is there already, as %s in line %d", first.Written, line)
	}
	return s.wrong(at, "%s; %s is in line %d", Conflict(first.Name, second.Name), first.Written, line)
}

func (s scenario) unknown(key *token.Token, flags *pflag.FlagSet) error {
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	return s.wrong(key.Position, "unknown key %q; there are %s", key.Value,
		strings.Join(append(known, VariantsKey, RequestsKey), ", "))
}

// text reads the file.
func (s scenario) text() ([]byte, error) {
	f, err := foreign.Open(string(s))
	if err != nil {
		return nil, subject.Unusable("reading the scenario: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostScenario+1))
	if err != nil {
		return nil, subject.Unusable("reading the scenario: %w", err)
	}
	if len(text) > mostScenario {
		return nil, subject.Unusable("reading the scenario: %s has more than %d bytes; a scenario is a short YAML file", s,
			mostScenario)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, which some editors write
	at := token.Position{Line: 1, Column: 1}
	for rest := text; len(rest) > 0; at.Column++ {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			return nil, s.wrong(&at, "the byte %#x is not UTF-8 text, which a scenario is", rest[0])
		}
		if rest = rest[n:]; r == '\n' {
			at.Line, at.Column = at.Line+1, 0
		}
	}
	return text, nil
}

// entries are the keys with their values. There may be none.
func (s scenario) entries() (entries []*ast.MappingValueNode, err error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // of which read says more
	var y yaml.Error
	switch {
	case errors.As(err, &y) && y.GetToken() != nil:
		return nil, s.wrong(y.GetToken().Position, "%s", y.GetMessage())
	case err != nil:
		return nil, subject.Unusable("%s: %w", s, err)
	}
	found := false
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		keys, ok := doc.Body.(ast.MapNode)
		switch {
		case found:
			return nil, s.wrong(position(doc.Body), "a second document begins; a scenario is one")
		case !ok:
			return nil, s.wrong(position(doc.Body), "keys with values are needed, such as clients: [1, 8]")
		}
		found = true
		for i := keys.MapRange(); i.Next(); {
			entries = append(entries, i.KeyValue())
		}
	}
	return entries, nil
}

// values reads the value of a key, of which there are several in a list, and tries each on the flag.
func (s scenario) values(f *pflag.Flag, key string, value ast.Node) (values []string, where Place, err error) {
	nodes := []ast.Node{value}
	if list, ok := value.(*ast.SequenceNode); ok {
		if _, ok := f.Value.(pflag.SliceValue); !ok {
			return nil, where, s.wrong(position(value), "%s is a list; a single value is needed", key)
		}
		nodes = list.Values
	}
	where.Value = s.at(position(value))
	for _, n := range nodes {
		text, ok := scalar(n)
		if !ok {
			return nil, where, s.wrong(position(n), "%s has no value that can be read; a plain one or a list is needed", key)
		}
		if err := Set(f, []string{text}); err != nil {
			return nil, where, s.wrong(position(n), "%s %q: %s", key, text, Needed(f, err))
		}
		values, where.Elements = append(values, text), append(where.Elements, s.at(position(n)))
	}
	return values, where, nil
}

// scalar is the text of a plain value: as it is written of a number, so that the flag reads it.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// Set gives the flag its value, or its values if it takes several.
func Set(f *pflag.Flag, values []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(values)
	}
	return f.Value.Set(values[0])
}

// wrong is an error of usage at a place.
func (s scenario) wrong(p *token.Position, format string, args ...any) error {
	return subject.Unusable("%s: %s", s.at(p), fmt.Sprintf(format, args...))
}

func (s scenario) at(p *token.Position) string { return fmt.Sprintf("%s:%d:%d", s, p.Line, p.Column) }

// position is where a node begins: of keys with their values at the first key, and not at its colon.
func position(n ast.Node) *token.Position {
	if keys, ok := n.(ast.MapNode); ok {
		if i := keys.MapRange(); i.Next() {
			return position(i.Key())
		}
	}
	return n.GetToken().Position
}

// Needed returns what a flag needs whose value it cannot read.
func Needed(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool", "boolfunc":
		return "true or false is needed"
	case "duration":
		return "a length of time with its unit is needed, such as 30s or 250ms"
	case "int":
		return "a whole number of at most 18 digits is needed"
	case "intSlice":
		return "whole numbers are needed, such as 1 or 8"
	case "uint64":
		return fmt.Sprintf("a whole number from 0 to %d is needed", uint64(math.MaxUint64))
	case "float64Slice":
		return "numbers are needed, such as 50 or 0.5"
	}
	return err.Error()
}
