package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"
)

// readScenario reads the options that the file name holds, and over them those that the command line gave.
func readScenario(name string, given *pflag.FlagSet) (options, error) {
	o := defaults()
	text, err := os.ReadFile(name)
	if err != nil {
		return o, usagef("reading the scenario: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &o, yaml.Strict()); err != nil {
		return o, usagef("%s:%w", name, placed(err))
	}
	if empty(text) { // which the library takes for a document of nothing but zeroes
		o = defaults()
	}
	o.clientsSaid, o.workloadsSaid, o.engineSaid = has(text, "clients"), has(text, "workload"), has(text, "engine")
	// Flags of its own: a list that is set again would be added to the one that is there.
	flags := pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	o.flags(flags)
	given.Visit(func(f *pflag.Flag) {
		if flags.Lookup(f.Name) != nil {
			err = errors.Join(err, flags.Set(f.Name, valueOf(f)))
		}
	})
	if err != nil {
		return o, usageError{err}
	}
	if err := o.check(); err != nil {
		return o, usagef("%s:%s", name, at(text, err))
	}
	return o, nil
}

// empty says whether there is nothing in the scenario but comments.
func empty(text []byte) bool {
	file, err := parser.ParseBytes(text, 0)
	return err == nil && !slices.ContainsFunc(file.Docs, func(d *ast.DocumentNode) bool { return d.Body != nil })
}

// valueOf is what a flag was given.
func valueOf(f *pflag.Flag) string {
	if f.Value.Type() == "boolfunc" {
		return "true"
	}
	value := f.Value.String()
	if strings.HasSuffix(f.Value.Type(), "Slice") {
		value = strings.TrimSuffix(strings.TrimPrefix(value, "["), "]")
	}
	return value
}

// placed puts the place of a YAML error before what is wrong: line:column: text.
func placed(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		return err
	}
	p := y.GetToken().Position
	return fmt.Errorf("%d:%d: %s", p.Line, p.Column, y.GetMessage())
}

// has says whether the scenario has the key.
func has(text []byte, key string) bool {
	_, ok := position(text, key)
	return ok
}

// at puts the place of the option that an error names before it.
func at(text []byte, err error) string {
	var m mistake
	if errors.As(err, &m) {
		if place, ok := position(text, m.option); ok {
			return fmt.Sprintf("%s: %s %s", place, m.option, m.what)
		}
	}
	return " " + err.Error()
}

// position finds the value of a key at the top of the scenario.
func position(text []byte, key string) (string, bool) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return "", false
	}
	path, err := yaml.PathString("$." + key)
	if err != nil {
		return "", false
	}
	node, err := path.FilterFile(file)
	if err != nil || node.GetToken() == nil {
		return "", false
	}
	p := node.GetToken().Position
	return fmt.Sprintf("%d:%d", p.Line, p.Column), true
}
