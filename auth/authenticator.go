package auth

import "context"

// A Verdict is what somebody who knows users makes of a name and a password.
type Result int

const (
	Declined Result = iota // the name says nothing to it: ask the next
	Refused                // it knows the name, and the password is not that user's
	Known                  // it is that user
)

// A Checker knows users.
type Authenticator interface {
	// Check says what it makes of a name and a password, and for a user that it knows the groups of it. An error says that
	// it cannot tell now. It has neither the password nor what was made of it.
	Authenticate(ctx context.Context, name, password string) (v Result, groups []string, err error)
}

// A Chain asks several in turn. The first that does not decline decides, and so does the first that cannot tell: who is
// known to it must not be judged by another.
type Chain []Authenticator

var _ Authenticator = Chain(nil)

// Authenticate asks them.
func (c Chain) Authenticate(ctx context.Context, name, password string) (v Result, groups []string, err error) {
	for _, next := range c {
		if v, groups, err = next.Authenticate(ctx, name, password); err != nil || v != Declined {
			return v, groups, err
		}
	}
	return Declined, nil, nil
}
