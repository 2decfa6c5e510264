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

// JSONError rewrites a type error of package encoding/json in terms of JSON: which key has a value of the wrong type,
// and which type is expected. Go's own text names Go types of this program. Other errors are returned unchanged.
func JSONError(err error) error {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err
	}
	subject := "it"
	switch kind := jsonKind(wrong.Type); {
	case wrong.Field != "":
		subject = fmt.Sprintf("the key %q", wrong.Field)
	case kind != anObject: // every document as a whole is an object
		subject = "a value in it"
	}
	return &kindError{fmt.Sprintf("%s is %s, not %s", subject, jsonValue(wrong.Value), jsonKind(wrong.Type)), err}
}

// A kindError is returned when a JSON value has the wrong type.
type kindError struct {
	text string
	err  error
}

func (e *kindError) Error() string { return e.text }

// Unwrap returns the error of package encoding/json.
func (e *kindError) Unwrap() error { return e.err }

const anObject = "an object"

// maxShown is how much of a number is shown, in bytes.
const maxShown = 40

// jsonValue describes a value, given Go's description: the name of its type, or "number " and a number out of range.
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

// jsonKind describes the JSON values that a Go type accepts.
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
		return "a number that fits in 64 bits"
	}
	return "of the expected type"
}
