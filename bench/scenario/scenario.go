// Package scenario reads scenarios: YAML files with the names of flags as keys. The flags parse the values, so that
// both have the same meaning. Only variants and requests with weights have no flags.
package scenario

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
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

// mostScenario is the size limit in bytes. It is far more than all options need: a larger file is not a scenario.
const mostScenario = 1 << 20

// A File is the content of a scenario.
type File struct {
	Options  []Option // options in the order of the file
	Variants []subject.Variant
	Requests []subject.Weighted
	Suite    *Suite // nil if there are no contenders
	Begin    string // place of the beginning of the file
}

// An Option is an option that the scenario sets. Flag is "" for keys that have no flag.
type Option struct {
	Name   string
	Key    string // key as written in the file, which may be an old name
	Flag   string
	Values []string // elements if the value is a list, otherwise one value
	Place  Place
}

// A Place is the position of an option: file:line:column of the value and of its elements. The zero value means the
// command line, where an option is found by its name.
type Place struct {
	Value    string
	Elements []string
}

// scenario is the name of a scenario's file.
//
// The file is not decoded into a struct: go-yaml 1.19 normalizes numbers that are decoded into a string, so that a
// flag or a variable would get 1.1 for 1.10. Its decoder can also panic.
type scenario string

// Read reads the scenario in the file name. Each value is set on its flag to validate it. Errors are a
// *subject.UsageError with the place.
func Read(name string, flags *pflag.FlagSet, names Names) (*File, error) {
	text, err := readText(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text, flags, names)
}

// Parse is like Read, for the text of a file of that name.
func Parse(name string, text []byte, flags *pflag.FlagSet, names Names) (*File, error) {
	s := scenario(name)
	entries, err := s.entries(text)
	if err != nil {
		return nil, err
	}
	var suite Suite
	var baseline string
	if f := flags.Lookup(BaselineFlag); f != nil && f.Changed {
		baseline = f.Value.String() // the command line is above the file
	}
	file := &File{Begin: s.at(&token.Position{Line: 1, Column: 1})}
	seen := map[string]givenKey{}
	for _, e := range entries {
		key := e.Key.GetToken()
		option := names.Flag(key.Value)
		f := flags.Lookup(option)
		if _, plain := scalar(e.Value); !plain && key.Value == GroupsKey {
			f, option = nil, key.Value // a plain value is that of a former flag of this name
		}
		if f != nil {
			option = names.Option(f.Name)
		} else if !slices.Contains(ownKeys, option) {
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
			if option == BaselineFlag && err == nil {
				baseline = cmp.Or(baseline, o.Values[0])
			}
		case option == RequestsKey:
			file.Requests, o.Place, err = s.requests(e.Value)
		case option == AboutKey:
			suite.About, err = s.about(e.Value)
		case option == GroupsKey:
			suite.Groups, err = s.groups(e.Value)
		case option == ContendersKey:
			suite.Contenders, o.Place, err = s.contenders(e.Value)
		default:
			file.Variants, o.Place, err = s.variants(e.Value)
		}
		if err != nil {
			return nil, err
		}
		file.Options = append(file.Options, o)
	}
	if file.Suite, err = s.complete(suite, baseline, file.Begin); err != nil || file.Suite == nil {
		return file, err
	}
	for _, o := range file.Options {
		if o.Name == RequestsKey && hasWeights(file.Requests) {
			return nil, subject.Unusable("%s: %s", o.Place.Value, noWeights)
		}
	}
	return file, nil
}

// ownKeys are the keys that have no flags.
var ownKeys = []string{VariantsKey, RequestsKey, AboutKey, GroupsKey, ContendersKey}

// BaselineFlag is the flag that names the baseline.
const BaselineFlag = "baseline"

// A givenKey is a key of the scenario.
type givenKey struct {
	*token.Token
	Name
}

// twice returns the error for two keys that set the same option.
func (s scenario) twice(first, second givenKey) error {
	at, line := second.Position, first.Position.Line
	if first.Written == second.Written {
		return s.wrong(at, "duplicate option: %s is already in line %d", first.Written, line)
	}
	return s.wrong(at, "%s; %s is in line %d", Conflict(first.Name, second.Name), first.Written, line)
}

func (s scenario) unknown(key *token.Token, flags *pflag.FlagSet) error {
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	return s.wrong(key.Position, "unknown key %q: use one of %s", key.Value,
		strings.Join(append(known, ownKeys...), ", "))
}

// readText reads the file and checks its size.
func readText(name string) ([]byte, error) {
	f, err := foreign.Open(name)
	if err != nil {
		return nil, subject.Unusable("reading the scenario: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostScenario+1))
	if err != nil {
		return nil, subject.Unusable("reading the scenario: %w", err)
	}
	if len(text) > mostScenario {
		return nil, subject.Unusable("reading the scenario: %s has more than %d bytes; a scenario is a short YAML file", name,
			mostScenario)
	}
	return text, nil
}

// checkText returns the text without a byte order mark. It returns an error if it is not UTF-8.
func (s scenario) checkText(text []byte) ([]byte, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, which some editors write
	at := token.Position{Line: 1, Column: 1}
	for rest := text; len(rest) > 0; at.Column++ {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			return nil, s.wrong(&at, "invalid byte %#x: must be UTF-8 text", rest[0])
		}
		if rest = rest[n:]; r == '\n' {
			at.Line, at.Column = at.Line+1, 0
		}
	}
	return text, nil
}

// entries returns the keys with their values. There may be none.
func (s scenario) entries(text []byte) (entries []*ast.MappingValueNode, err error) {
	if text, err = s.checkText(text); err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // Read returns a better error for these
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
			return nil, s.wrong(position(doc.Body), "a second document begins here: a scenario must be a single document")
		case !ok:
			return nil, s.wrong(position(doc.Body), "must be keys with values, such as clients: [1, 8]")
		}
		found = true
		for i := keys.MapRange(); i.Next(); {
			entries = append(entries, i.KeyValue())
		}
	}
	return entries, nil
}

// values reads the value of a key, or the elements of a list, and validates each by setting the flag.
func (s scenario) values(f *pflag.Flag, key string, value ast.Node) (values []string, where Place, err error) {
	nodes := []ast.Node{value}
	if list, ok := value.(*ast.SequenceNode); ok {
		if _, ok := f.Value.(pflag.SliceValue); !ok {
			return nil, where, s.wrong(position(value), "%s: must be a single value, not a list", key)
		}
		nodes = list.Values
	}
	where.Value = s.at(position(value))
	for _, n := range nodes {
		text, ok := scalar(n)
		if !ok {
			return nil, where, s.wrong(position(n), "%s: must be a plain value or a list", key)
		}
		if err := Set(f, []string{text}); err != nil {
			return nil, where, s.wrong(position(n), "%s %q: %s", key, text, Needed(f, err))
		}
		values, where.Elements = append(values, text), append(where.Elements, s.at(position(n)))
	}
	return values, where, nil
}

// scalar returns the text of a plain value. Numbers are returned as written, for the flag to parse.
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

// Set sets the value of the flag, or its values if it is a list.
func Set(f *pflag.Flag, values []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(values)
	}
	return f.Value.Set(values[0])
}

// wrong returns a usage error with a place.
func (s scenario) wrong(p *token.Position, format string, args ...any) error {
	return subject.Unusable("%s: %s", s.at(p), fmt.Sprintf(format, args...))
}

// nameOf returns the name of a file without its directory and extension.
func nameOf(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

func (s scenario) at(p *token.Position) string { return fmt.Sprintf("%s:%d:%d", s, p.Line, p.Column) }

// position returns where a node begins. A mapping begins at its first key, and not at the colon.
func position(n ast.Node) *token.Position {
	if keys, ok := n.(ast.MapNode); ok {
		if i := keys.MapRange(); i.Next() {
			return position(i.Key())
		}
	}
	return n.GetToken().Position
}

// Needed returns the requirement for the value of a flag that could not be parsed, such as "must be true or false".
func Needed(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool", "boolfunc":
		return "must be true or false"
	case "duration":
		return "must be a duration with a unit, such as 30s or 250ms"
	case "int":
		return "must be a whole number of at most 18 digits"
	case "intSlice":
		return "must be whole numbers, such as 1 or 8"
	case "uint64":
		return fmt.Sprintf("must be a whole number from 0 to %d", uint64(math.MaxUint64))
	case "float64Slice":
		return "must be numbers, such as 50 or 0.5"
	}
	return err.Error()
}
