package auth

import "context"

// A Result is the result of authenticating a name and a password.
type Result int

const (
	// Declined means that the authenticator has no user of that name. A [Chain] asks the next authenticator.
	Declined Result = iota
	// Refused means that the password of the user is wrong.
	Refused
	// Known means that the name and the password are those of a user.
	Known
)

// An Authenticator authenticates users by name and password. It must be safe for concurrent use.
type Authenticator interface {
	// Authenticate returns the result for a name and a password. If the result is Known, groups are the names of the
	// user's groups. An error means that the result is unknown, for example because a server is down. The error must
	// contain neither the password nor its hash.
	Authenticate(ctx context.Context, name, password string) (result Result, groups []string, err error)
}

// A Chain is a list of authenticators that are asked in order. The result is that of the first authenticator that does
// not decline. If an authenticator returns an error, the chain returns it and does not ask the next, because the user
// may be one of that authenticator.
type Chain []Authenticator

var _ Authenticator = Chain(nil)

// Authenticate asks the authenticators in order. An empty chain declines.
func (c Chain) Authenticate(ctx context.Context, name, password string) (result Result, groups []string, err error) {
	for _, next := range c {
		if result, groups, err = next.Authenticate(ctx, name, password); err != nil || result != Declined {
			return result, groups, err
		}
	}
	return Declined, nil, nil
}
