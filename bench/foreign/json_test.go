package foreign_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"forktax/bench/foreign"
)

// A value of the wrong type is described in terms of JSON, with its key.
func TestUnmarshalJSON(t *testing.T) {
	type inner struct {
		Name  string           `json:"name"`
		Small uint8            `json:"small"`
		Ratio *float64         `json:"ratio"`
		ByID  map[int]string   `json:"by_id"`
		Times map[string]int64 `json:"times"`
		On    bool             `json:"on"`
	}
	type outer struct {
		Cells []inner   `json:"cells"`
		Head  *inner    `json:"head"`
		Took  int32     `json:"took"`
		Pair  [2]int    `json:"pair"`
		Body  []byte    `json:"body"`
		Since time.Time `json:"since"`
	}
	for text, want := range map[string]string{
		`[]`:                          `it is a list, not an object`,
		`7`:                           `it is a number, not an object`,
		`"x"`:                         `it is a string, not an object`,
		`false`:                       `it is true or false, not an object`,
		`{"cells":5}`:                 `the key "cells" is a number, not a list`,
		`{"cells":{}}`:                `the key "cells" is an object, not a list`,
		`{"pair":{}}`:                 `the key "pair" is an object, not a list`,
		`{"head":[]}`:                 `the key "head" is a list, not an object`,
		`{"cells":[{},{"name":1}]}`:   `the key "cells.name" is a number, not a string`,
		`{"cells":[{"on":"yes"}]}`:    `the key "cells.on" is a string, not true or false`,
		`{"took":"1"}`:                `the key "took" is a string, not a whole number from -2147483648 to 2147483647`,
		`{"took":1.5}`:                `the key "took" is 1.5, not a whole number from -2147483648 to 2147483647`,
		`{"head":{"small":-1}}`:       `the key "head.small" is -1, not a whole number from 0 to 255`,
		`{"head":{"ratio":1e400}}`:    `the key "head.ratio" is 1e400, not a number that fits in 64 bits`,
		`{"head":{"times":{"a":""}}}`: `the key "head.times" is a string, not a whole number from -9223372036854775808`,
		`{"head":{"by_id":{"a
":""}}}`: "invalid character '\\n' in string literal",
		`{"head":{"by_id":{"a b":""}}}`:                 `is "a b", not a whole number`,
		`{"took":` + strings.Repeat("1", 1000) + `}`:    `the key "took" is "` + strings.Repeat("1", 40) + `", not`,
		`{"head":{"by_id":{"a\u001b[2J\u0000":""}}}`:    `is "a\x1b[2J\x00", not a whole number`,
		`{"head":{"by_id":{"a\nb":"","c":""},"on":1}}`:  `is "a\nb", not a whole number`,
		`{"took":1, "cells":[], "head":null, "pair":1}`: `the key "pair" is a number, not a list`,
	} {
		err := foreign.UnmarshalJSON([]byte(text), new(outer))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("UnmarshalJSON(%.40s) = %v, want %q", text, err, want)
		}
	}
	const want = "a value in it is a number, not a string"
	if err := foreign.UnmarshalJSON([]byte(`{"A":1}`), &map[string]string{}); err == nil || err.Error() != want {
		t.Errorf("UnmarshalJSON = %v, want %q", err, want)
	}
	var o outer
	if err := foreign.UnmarshalJSON([]byte(`{"took":1}`), &o); err != nil || o.Took != 1 {
		t.Errorf("UnmarshalJSON = %v, took %d, want nil and 1", err, o.Took)
	}
}

// Other errors are returned unchanged, and the result wraps the original error.
func TestJSONError(t *testing.T) {
	if err := foreign.JSONError(fs.ErrNotExist); err != fs.ErrNotExist {
		t.Errorf("JSONError(%v) = %v", fs.ErrNotExist, err)
	}
	var wrong *json.UnmarshalTypeError
	if err := foreign.UnmarshalJSON([]byte("[]"), new(struct{})); !errors.As(err, &wrong) {
		t.Errorf("UnmarshalJSON = %#v, want a *json.UnmarshalTypeError in it", err)
	}
}
