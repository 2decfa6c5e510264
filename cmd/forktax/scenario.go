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

// A scenario is a YAML file that says options. Its keys are the names of the flags, and the flags read its values, so
// that both mean the same. Only variants are said nowhere else.
type scenario struct {
	name string
	keys map[string]ast.Node // by option
}

// read takes from the scenario in the file name what was not said already, on the command line. Flags are those of o.
// What cannot be read is a mistake also where the command line goes before it.
func (o *options) read(name string, flags *pflag.FlagSet) error {
	s := scenario{name, map[string]ast.Node{}}
	text, err := s.text()
	if err != nil {
		return err
	}
	entries, err := s.entries(text)
	if err != nil {
		return err
	}
	o.unsaid.value = s.at(&token.Position{Line: 1, Column: 1})
	other, tried := defaults(), pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	other.flags(tried)
	for _, e := range entries {
		if e.Key.GetToken().Value == variantsKey {
			if err := s.first(variantsKey, e.Key); err != nil {
				return err
			}
			var where place
			if o.Variants, where, err = s.variants(e.Value); err != nil {
				return err
			}
			o.give(variantsKey, where)
			continue
		}
		f, err := s.flag(e.Key, tried)
		if err != nil {
			return err
		}
		values, where, err := s.values(f, e)
		if err != nil {
			return err
		}
		if o.Explicit[optionOf(f.Name)] {
			continue
		}
		if err := set(flags.Lookup(f.Name), values); err != nil {
			return err
		}
		o.give(optionOf(f.Name), where)
	}
	return nil
}

// text reads the file.
func (s scenario) text() ([]byte, error) {
	f, err := os.Open(s.name)
	if err != nil {
		return nil, usagef("reading the scenario: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, usagef("reading the scenario: %s is a folder; a YAML file is needed", s.name)
	}
	text, err := io.ReadAll(io.LimitReader(f, mostScenario+1))
	if err != nil {
		return nil, usagef("reading the scenario: %w", err)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // a byte order mark, which some editors write
	if len(text) > mostScenario {
		return nil, usagef("reading the scenario: %s has more than %d bytes; a scenario is a short YAML file", s.name,
			mostScenario)
	}
	if before, rest := valid(text); len(rest) > 0 {
		line := before[bytes.LastIndexByte(before, '\n')+1:]
		at := token.Position{Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(line)}
		return nil, s.wrong(&at, "the byte %#x is not UTF-8 text, which a scenario is", rest[0])
	}
	return text, nil
}

// valid cuts text before the first byte that is not UTF-8.
func valid(text []byte) (before, rest []byte) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return text[:i], text[i:]
		}
		i += n
	}
	return text, nil
}

// entries are the keys with their values. There may be none.
func (s scenario) entries(text []byte) ([]*ast.MappingValueNode, error) {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey()) // of which flag says more
	var y yaml.Error
	switch {
	case errors.As(err, &y) && y.GetToken() != nil:
		return nil, s.wrong(y.GetToken().Position, "%s", y.GetMessage())
	case err != nil:
		return nil, usagef("%s: %w", s.name, err)
	}
	var entries []*ast.MappingValueNode
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

// flag finds the flag of the key, which must be the first of its option.
func (s scenario) flag(key ast.Node, flags *pflag.FlagSet) (*pflag.Flag, error) {
	name := key.GetToken().Value
	f := flags.Lookup(name)
	if f == nil {
		var known []string
		flags.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		known = append(known, variantsKey)
		return nil, s.wrong(position(key), "unknown key %q; there are %s", name, strings.Join(known, ", "))
	}
	return f, s.first(optionOf(f.Name), key)
}

// first notes the key of an option, of which there may be no other.
func (s scenario) first(option string, key ast.Node) error {
	if first, ok := s.keys[option]; ok {
		return s.wrong(position(key), "the option is there already, as %s in line %d", first.GetToken().Value,
			position(first).Line)
	}
	s.keys[option] = key
	return nil
}

// values reads the value of an entry, of which there are several in a list, and tries each on the flag.
func (s scenario) values(f *pflag.Flag, e *ast.MappingValueNode) (values []string, where place, err error) {
	key := e.Key.GetToken().Value
	nodes := []ast.Node{e.Value}
	if list, ok := e.Value.(*ast.SequenceNode); ok {
		if _, ok := f.Value.(pflag.SliceValue); !ok {
			return nil, where, s.wrong(position(e.Value), "%s is a list; a single value is needed", key)
		}
		nodes = list.Values
	}
	where.value = s.at(position(e.Value))
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

func (s scenario) at(p *token.Position) string {
	return fmt.Sprintf("%s:%d:%d", s.name, p.Line, p.Column)
}

// position is where a node begins: of keys with their values at the first key, and not at its colon.
func position(n ast.Node) *token.Position {
	if keys, ok := n.(ast.MapNode); ok {
		if i := keys.MapRange(); i.Next() {
			return position(i.Key())
		}
	}
	return n.GetToken().Position
}
