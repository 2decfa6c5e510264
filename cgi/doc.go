// Package cgi is the model "a process for each request": Host is the side that stays, Child the side that is started
// anew.
//
// The host is net/http/cgi's Handler, unmodified, with what that lacks to be put under load: a cap on the children that
// run at once, a bounded queue before it, and counts of what happened. Package persistent is the other model; package
// twin starts either of them from the same file.
package cgi
