package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
	"github.com/spf13/pflag"
)

// mostScenario bytes are far more than all options need: a larger file is another one.
const mostScenario = 1 << 20

// A scenario is the name of a YAML file that says options. Its keys are the names of the flags, and the flags read its
// values, so that both mean the same. Only variants are said nowhere else.
//
// The file is not decoded into a struct: go-yaml 1.19 normalizes numbers on their way into a string, so that a flag or a
// variable would get 1.1 for 1.10, and it panics where a tag precedes the value of a slice.
type scenario string

// read takes from the scenario in the file name what was not said already, on the command line. Flags are those of o.
// What cannot be read is a mistake also where the command line goes before it.
func (o *options) read(name string, flags *pflag.FlagSet) error {
	s := scenario(name)
	entries, err := s.entries()
	if err != nil {
		return err
	}
	o.unsaid.value = s.at(&token.Position{Line: 1, Column: 1})
	other, tried := defaults(), pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	other.flags(tried)
	seen := map[string]*token.Token{}
	for _, e := range entries {
		key := e.Key.GetToken()
		option, f, err := s.option(key, tried, seen)
		if err != nil {
			return err
		}
		if f == nil {
			var where place
			if o.Variants, where, err = s.variants(e.Value); err != nil {
				return err
			}
			o.give(option, where)
			continue
		}
		values, where, err := s.values(f, key.Value, e.Value)
		if err != nil {
			return err
		}
		if o.Explicit[option] {
			continue
		}
		if err := set(flags.Lookup(f.Name), values); err != nil {
			return err
		}
		o.give(option, where)
	}
	return nil
}

// option finds the option that the key gives, with its flag: variants have none. Seen has the key of each option so
// far, of which there may be no other.
func (s scenario) option(key *token.Token, flags *pflag.FlagSet, seen map[string]*token.Token) (option string,
	f *pflag.Flag, err error) {
	if f, option = flags.Lookup(key.Value), key.Value; f != nil {
		option = optionOf(f.Name)
	} else if option != variantsKey {
		var known []string
		flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		return "", nil, s.wrong(key.Position, "unknown key %q; there are %s", option,
			strings.Join(append(known, variantsKey), ", "))
	}
	if first := seen[option]; first != nil {
		return "", nil, s.wrong(key.Position, "the option is there already, as %s in line %d", first.Value,
			first.Position.Line)
	}
	seen[option] = key
	return option, f, nil
}

// text reads the file.
func (s scenario) text() ([]byte, error) {
	f, err := os.Open(string(s))
	if err != nil {
		return nil, usagef("reading the scenario: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usagef("reading the scenario: %s is a folder; a YAML file is needed", s)
	}
	text, err := io.ReadAll(io.LimitReader(f, mostScenario+1))
	if err != nil {
		return nil, usagef("reading the scenario: %w", err)
	}
	if len(text) > mostScenario {
		return nil, usagef("reading the scenario: %s has more than %d bytes; a scenario is a short YAML file", s,
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
		return nil, usagef("%s: %w", s, err)
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
func (s scenario) values(f *pflag.Flag, key string, value ast.Node) (values []string, where place, err error) {
	nodes := []ast.Node{value}
	if list, ok := value.(*ast.SequenceNode); ok {
		if _, ok := f.Value.(pflag.SliceValue); !ok {
			return nil, where, s.wrong(position(value), "%s is a list; a single value is needed", key)
		}
		nodes = list.Values
	}
	where.value = s.at(position(value))
	for _, n := range nodes {
		text, ok := scalar(n)
		if !ok {
			return nil, where, s.wrong(position(n), "%s has no value that can be read; a plain one or a list is needed", key)
		}
		if err := set(f, []string{text}); err != nil {
			return nil, where, s.wrong(position(n), "%s %q: %s", key, text, unread(f, err))
		}
		values, where.elements = append(values, text), append(where.elements, s.at(position(n)))
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

// set gives the flag its value, or its values if it takes several.
func set(f *pflag.Flag, values []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.Replace(values)
	}
	return f.Value.Set(values[0])
}

// wrong is an error of usage at a place.
func (s scenario) wrong(p *token.Position, format string, args ...any) error {
	return usagef("%s: %s", s.at(p), fmt.Sprintf(format, args...))
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
