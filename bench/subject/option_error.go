package subject

import "fmt"

// An OptionError is an invalid value of an option. Options have the names of flags and of the keys of a scenario.
type OptionError struct {
	Option  string
	Element int // index of what is invalid in a list; NoElement if it is not one element alone
	Problem string
}

// NoElement is the Element of an error that is not about one element of a list. Package slices returns it for what is
// not found.
const NoElement = -1

func (e *OptionError) Error() string { return "--" + e.Option + " " + e.Problem }

// InvalidOption returns an *OptionError.
func InvalidOption(option, format string, args ...any) error {
	return InvalidElement(option, NoElement, format, args...)
}

// InvalidElement returns an *OptionError about one element of a list.
func InvalidElement(option string, element int, format string, args ...any) error {
	return &OptionError{option, element, fmt.Sprintf(format, args...)}
}

// A UsageError is invalid input that is not the value of one option.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap is for package errors.
func (e *UsageError) Unwrap() error { return e.Err }

// Unusable returns a *UsageError.
func Unusable(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }
