// Package hosting serves a workload with one model, or any CGI executable, optionally with authentication of clients.
// It does not measure; that is done by package run.
package hosting
