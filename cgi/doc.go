// Package cgi is the model "a process for each request": Host is the side that stays, Child the side that is started
// anew.
//
// The host is net/http/cgi's Handler, unmodified, with what that lacks to be put under load: limits on what children
// and clients may take, an end for every child that exceeds them, the variables and answers of RFC 3875, and counts of
// what happened. Package persistent is the other model; package workload starts either of them from the same file.
//
// An exchange is one request with its child. It sees the child's response as net/http/cgi's client (hostResponse), its
// errors as its logger, and its standard error (stderr); it finds the process itself (child_pid.go),
// watches it, and ends it with all that it has started (watch.go).
package cgi
