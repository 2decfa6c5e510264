package foreign

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// UnmarshalJSON is json.Unmarshal with the errors of JSONError.
func UnmarshalJSON(text []byte, v any) error { return JSONError(json.Unmarshal(text, v)) }

// JSONError returns an error of package encoding/json in the words of JSON: which key has a value of the wrong kind,
// and which kind is right. Go's own text is about the types of this program. Other errors are returned as they are.
func JSONError(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	what := "it"
	switch kind := jsonKind(wrong.Type); {
	case wrong.Field != "":
		what = fmt.Sprintf("the key %q", wrong.Field)
	case kind != anObject: // which all that is read as a whole is
		what = "a value in it"
	}
	return &kindError{fmt.Sprintf("%s is %s, not %s", what, jsonValue(wrong.Value), jsonKind(wrong.Type)), err}
}

// A kindError is about a JSON value of the wrong kind.
type kindError struct {
	text string
	err  error
}

func (e *kindError) Error() string { return e.text }

// Unwrap is for package errors.
func (e *kindError) Unwrap() error { return e.err }

const anObject = "an object"

// maxShown bytes of a number are shown.
const maxShown = 40

// jsonValue returns what a value is, of which Go describes some kinds and quotes numbers that do not fit.
func jsonValue(value string) string {
	if number, ok := strings.CutPrefix(value, "number "); ok {
		if _, err := strconv.ParseFloat(number, 64); len(number) > maxShown || errors.Is(err, strconv.ErrSyntax) {
			return fmt.Sprintf("%.*q", maxShown, number)
		}
		return number
	}
	switch value {
	case "array":
		return "a list"
	case "bool":
		return "true or false"
	case "object":
		return anObject
	}
	return "a " + value
}

// jsonKind returns which JSON values a Go type takes.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonKind(t.Elem())
	case reflect.Struct, reflect.Map:
		return anObject
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		most := uint64(1)<<(t.Bits()-1) - 1
		return fmt.Sprintf("a whole number from -%d to %d", most+1, most)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(math.MaxUint64)>>(64-t.Bits()))
	case reflect.Float32, reflect.Float64:
		return "a number that 64 bits can hold"
	}
	return "what is needed there"
}
