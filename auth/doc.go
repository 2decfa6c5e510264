// Package auth asks who a client is, in front of any handler: static files, a resident handler, a CGI program in any
// language. It is what Apache's handlers of the phases Authen and Authz are, and what mod_python's were written for.
//
// A Middleware has a Chain of authenticators (File, Directory). They are asked in turn, and the first that does not
// decline decides. What a Middleware passes on carries the user: User tells a resident handler, and a CGI program has
// REMOTE_USER.
package auth
