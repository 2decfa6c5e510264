// Package auth authenticates the users of any [http.Handler] by HTTP Basic authentication (RFC 7617), like the handlers
// of Apache's phases authn and authz.
//
// A [Middleware] wraps a handler and asks an [Authenticator]: a [File] in the format of htpasswd, a [Directory] (LDAP),
// or a [Chain] of several. It adds the name of the user to the request. A handler gets the name from [User], a CGI
// program from the variable REMOTE_USER. [Settings] creates all of these from the environment of a program.
package auth
