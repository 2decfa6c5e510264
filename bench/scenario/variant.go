package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// VariantsKey is the key of a list of variants, which replace models. There is no flag of that name.
const VariantsKey = "variants"

// usualModel is the default model of a variant, since variants mostly change the start of a process.
var usualModel = plan.Fresh

// variants reads the value of the key.
func (s scenario) variants(n ast.Node) (variants []subject.Variant, where Place, err error) {
	where, err = s.each(n, VariantsKey, "[{name: plain}, {name: eager, env: {GOGC: 10}}]", func(n ast.Node) error {
		v, err := s.variant(n)
		if err == nil && slices.ContainsFunc(variants, func(other subject.Variant) bool { return other.Name == v.Name }) {
			err = s.wrong(position(n), "duplicate name %q: choose another name", v.Name)
		}
		variants = append(variants, v)
		return err
	})
	return variants, where, err
}

// each calls read for each element of a list, which must not be empty, and returns their places.
func (s scenario) each(n ast.Node, key, example string, read func(ast.Node) error) (where Place, err error) {
	list, ok := n.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return where, s.wrong(position(n), "%s: must be a list, such as %s", key, example)
	}
	where.Value = s.at(position(n))
	for _, n := range list.Values {
		if err := read(n); err != nil {
			return where, err
		}
		where.Elements = append(where.Elements, s.at(position(n)))
	}
	return where, nil
}

// keys calls read for each key of a mapping. If a value is invalid, read returns the requirement.
func (s scenario) keys(n ast.Node, what, example string, known []string,
	read func(key string, value ast.Node) string) error {
	keys, ok := n.(ast.MapNode)
	if !ok {
		return s.wrong(position(n), "%s must have keys with values, such as %s", what, example)
	}
	seen := map[string]bool{}
	for i := keys.MapRange(); i.Next(); {
		key := i.Key().GetToken().Value
		if seen[key] {
			return s.wrong(position(i.Key()), "duplicate key %s", key)
		}
		seen[key] = true
		if !slices.Contains(known, key) {
			return s.wrong(position(i.Key()), "%s: is not a key of %s: use one of %s", key, what, strings.Join(known, ", "))
		}
		if needed := read(key, i.Value()); needed != "" {
			return s.wrong(position(i.Value()), "%s: %s", key, needed)
		}
	}
	return nil
}

// variant reads an element of the list.
func (s scenario) variant(n ast.Node) (subject.Variant, error) {
	v := subject.Variant{Model: usualModel}
	err := s.keys(n, "a variant", "{name: eager, env: {GOGC: 10}}", variantKeys, func(key string, value ast.Node) string {
		return readVariant(&v, key, value)
	})
	switch {
	case err != nil:
		return v, err
	case v.Name == "":
		return v, s.wrong(position(n), "the key name is missing: a variant must have a name")
	case v.Program != "" && len(v.Build) > 0:
		return v, s.wrong(position(n), "%q has both a program and build flags: remove one of them", v.Name)
	}
	return v, s.checkLimits(n, v.Name, v.Model, v.Limits)
}

var variantKeys = []string{"name", "model", "build", "env", "padding", "program", limitsKey}

// limitsKey is the key of the limits of one model, which replace those of the run.
const limitsKey = "limits"

// readLimits sets limits to the values of a mapping. Otherwise it returns the requirement.
func readLimits(limits *map[string]string, n ast.Node) (needed string) {
	var ok bool
	if *limits, ok = variablesOf(n); ok {
		return ""
	}
	return "must be limits with values, such as {pool: 4}"
}

// checkLimits returns an error for limits that do not exist, or have no effect in the model.
func (s scenario) checkLimits(n ast.Node, name, model string, limits map[string]string) error {
	m, known := contract.ModelNamed(model)
	if !known { // which is an error of its own
		return nil
	}
	if err := m.CheckLimits(limits); err != nil {
		return s.wrong(position(n), "%q: %s: %v", name, limitsKey, err)
	}
	return nil
}

// readVariant sets the field of a key. If the value is invalid, it returns the requirement.
func readVariant(v *subject.Variant, key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	switch key {
	case "name":
		return readName(&v.Name, value)
	case "model":
		v.Model, needed = text, "must be the name of a model, such as persistent"
	case "program":
		v.Program, needed = text, "must be the path of a program"
		ok = ok && text != ""
	case "padding":
		needed = fmt.Sprintf("must be a number of bytes from 0 to %d", subject.MaxPadding)
		var err error
		v.Padding, err = strconv.Atoi(text)
		ok = ok && err == nil && v.Padding >= 0 && v.Padding <= subject.MaxPadding
	case "build":
		v.Build, ok = flagsOf(value)
		needed = `must be a list of go build flags, such as ["-ldflags=-s -w"]`
	case limitsKey:
		return readLimits(&v.Limits, value)
	case "env":
		v.Env, ok = variablesOf(value)
		needed = "must be variables with values, such as {GOGC: 10}"
	}
	if ok {
		return ""
	}
	return needed
}

func flagsOf(n ast.Node) ([]string, bool) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	var flags []string
	for _, n := range list.Values {
		flag, ok := scalar(n)
		if !ok || !strings.HasPrefix(flag, "-") {
			return nil, false
		}
		flags = append(flags, flag)
	}
	return flags, true
}

func variablesOf(n ast.Node) (map[string]string, bool) {
	keys, ok := n.(ast.MapNode)
	if !ok {
		return nil, false
	}
	variables := map[string]string{}
	for i := keys.MapRange(); i.Next(); {
		name := i.Key().GetToken().Value
		value, ok := scalar(i.Value())
		if !ok || name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return nil, false
		}
		variables[name] = value
	}
	return variables, true
}
