// Package hosting serves a workload by one model, or any CGI executable, in front of which clients may have to
// authenticate. It measures nothing: that takes package run.
package hosting
