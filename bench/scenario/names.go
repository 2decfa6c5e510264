package scenario

import "fmt"

// Names maps the keys of a scenario to flags, and flags to the options that they set.
type Names struct {
	Flag   func(key string) string // the current name of a key
	Option func(flag string) string
}

// A Name is the name of a flag or key as the user wrote it, and its current name, which differs if it was renamed.
type Name struct{ Written, Present string }

// Conflict returns a message that two names set the same option, with advice on which one to keep.
func Conflict(first, second Name) string {
	keep, other := first.Present, second.Present
	if first.Written != first.Present {
		keep, other = other, keep
	}
	if keep != other {
		keep += " or " + other
	}
	return fmt.Sprintf("%s and %s are the same option: keep %s", first.Written, second.Written, keep)
}
