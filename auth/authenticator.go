package auth

import "context"

// A Result is what an Authenticator returns for a name and a password.
type Result int

const (
	Declined Result = iota // it does not have the name: ask the next
	Refused                // it has the name, and the password is not that user's
	Known                  // it is that user
)

// An Authenticator has users.
type Authenticator interface {
	// Authenticate returns the result for a name and a password, and for a user the user's groups. An error means that
	// there is no result now. It has neither the password nor what was made of it.
	Authenticate(ctx context.Context, name, password string) (result Result, groups []string, err error)
}

// A Chain asks several in turn. The first that does not decline decides, and so does the first that fails: its users
// must not be judged by another.
type Chain []Authenticator

var _ Authenticator = Chain(nil)

// Authenticate asks them.
func (c Chain) Authenticate(ctx context.Context, name, password string) (result Result, groups []string, err error) {
	for _, next := range c {
		if result, groups, err = next.Authenticate(ctx, name, password); err != nil || result != Declined {
			return result, groups, err
		}
	}
	return Declined, nil, nil
}
