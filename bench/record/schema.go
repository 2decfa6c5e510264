package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"forktax/bench/foreign"
)

// Schema is the version of the files of a run and of its analysis.
const Schema = 2

// A renamedKey is a key of schema 1 that has another name in schema 2. at is the path of its object, where * stands for
// each element of a list.
type renamedKey struct{ at, old, new string }

var renamedInAnalysis = []renamedKey{
	{"", "ladders", "reuse_levels"},
	{"", "referee", "cross_check"},
	{"run", "referee_engine", "cross_check_engine"},
	{"run", "groups", "starts"},
	{"cells.*", "complaints", "log"},
	{"cells.*.distribution", "answers", "responses"},
	{"comparisons.*", "restarts", "starts"},
	{"reuse_levels.*.steps.*", "renews", "not_reused"},
	{"cross_check.*", "referee", "cross_check_engine"},
	{"cross_check.*", "referee_cpu_ns_per_request", "cross_check_cpu_ns_per_request"},
	{"cross_check.*", "why", "reason"},
	{"decisions.*", "second_core_rps", "core_capacity_rps"},
	{"decisions.*.savings.*", "at_most", "upper_bound"},
	{"decisions.*.savings.*", "because", "source"},
	{"knees.*", "untold_rps", "undecided_rps"},
	{"check", "groups", "starts"},
	{"check", "why", "reason"},
	{"check.gates.*", "why", "reason"},
	{"check.left_out.*", "why", "reason"},
}

var renamedInRecord = []renamedKey{
	{"head.plan", "every", "strides"},
	{"head.plan", "groups", "starts"},
	{"head.plan", "fewest_groups", "min_starts"},
	{"head.plan", "at_least", "min_requests"},
	{"head.plan", "no_floor", "floor_missing"},
	{"head.plan", "referee", "cross_check"},
	{"head.plan", "criterion", "check"},
	{"head.plan.check.left_out.*", "why", "reason"},
	{"head.plan.check.counts.*", "of", "by_variant"},
	{"head.plan.check.stored.ratios.*", "slack", "log_half_width"},
	{"block", "group", "start"},
	{"block", "complaints", "log"},
}

// UpgradeAnalysis returns the JSON of an analysis of schema 1 or 2 as schema 2.
func UpgradeAnalysis(text []byte) ([]byte, error) {
	if err := limitValues(text); err != nil {
		return nil, err
	}
	var head struct {
		Schema *int `json:"schema"`
	}
	if err := foreign.UnmarshalJSON(text, &head); err != nil {
		return nil, err
	}
	if head.Schema == nil {
		return nil, fmt.Errorf("schema is missing")
	}
	if err := known(*head.Schema); err != nil || *head.Schema == Schema {
		return text, err
	}
	return upgrade(text, renamedInAnalysis)
}

// known returns an error if the schema is not supported.
func known(schema int) error {
	if schema != 1 && schema != Schema {
		return fmt.Errorf("unknown schema %d; this forktax reads schema 1 and %d", schema, Schema)
	}
	return nil
}

// upgrade renames keys. The text of numbers is kept.
func upgrade(text []byte, keys []renamedKey) ([]byte, error) {
	var all any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	for _, k := range keys {
		k.rename(all, strings.FieldsFunc(k.at, func(r rune) bool { return r == '.' }))
	}
	object, _ := all.(map[string]any)
	for _, v := range []any{object, object["head"]} {
		if versioned, ok := v.(map[string]any); ok && versioned["schema"] != nil {
			versioned["schema"] = Schema
		}
	}
	return json.Marshal(all)
}

// rename renames the key in all objects at the path below v.
func (k renamedKey) rename(v any, path []string) {
	object, isObject := v.(map[string]any)
	list, _ := v.([]any)
	switch {
	case len(path) == 0 && isObject:
		if value, ok := object[k.old]; ok {
			delete(object, k.old)
			object[k.new] = value
		}
	case len(path) == 0:
	case path[0] == "*":
		for _, element := range list {
			k.rename(element, path[1:])
		}
	case isObject:
		k.rename(object[path[0]], path[1:])
	}
}
