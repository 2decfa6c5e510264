package subject

import "fmt"

// An OptionError reports an invalid value of an option. An option is a flag, or a key of a scenario of the same name.
type OptionError struct {
	Option  string // without dashes
	Element int    // index of the invalid element of a list; NoElement if the error is not about one element
	Problem string // problem, with the value, to follow the option in a message
}

// NoElement is the Element of an error that is not about one element of a list. It equals what slices.Index returns for
// an element that is not found.
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

// At returns the error as one of an option at this place in a file.
func (e *OptionError) At(place string) error {
	return Unusable("%s: %s %s", place, e.Option, e.Problem)
}

// A UsageError reports invalid input that is not the value of one option.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *UsageError) Unwrap() error { return e.Err }

// Unusable returns a *UsageError.
func Unusable(format string, args ...any) error { return &UsageError{fmt.Errorf(format, args...)} }
