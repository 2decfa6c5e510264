package main

import (
	"github.com/spf13/pflag"

	"forktax/bench/subject"
)

// serverFlags adds the flags of CGI executables and servers, which are compared instead of workloads.
func serverFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringVar(&s.CGI, "cgi", s.CGI, "CGI executable in any language, instead of a workload")
	f.StringVar(&s.Persistent, "persistent", s.Persistent,
		"server to compare --cgi with: its URL, or a command that starts it "+
			"at the port given by {port} and by the variable PORT")
	f.StringArrayVar(&s.Targets, "target", s.Targets,
		"external server, name=url; may be repeated; with --workload it must serve "+
			"that workload")
	f.StringArrayVar(&s.TargetAdmins, "target-admin", s.TargetAdmins,
		"admin URL of a target that is a forktax serve, name=url, "+
			"from which its CPU time is read; may be repeated")
}

// programFlags adds the flags that define how programs run.
func programFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringVar(&s.Root, "root", s.Root,
		"URL path of the CGI executable, such as /cgi-bin/page; the rest of a request's path is "+
			"its PATH_INFO (default /)")
	f.StringVar(&s.Dir, "dir", s.Dir,
		"working directory of programs (default: that of the CGI executable; for a command, "+
			"the current one)")
	f.StringVar(&s.Documents, "documents", s.Documents,
		"document root of CGI executables, for PATH_TRANSLATED (default: not set)")
	f.StringArrayVar(&s.Env, "env", s.Env,
		"environment variable of programs, NAME=VALUE, or NAME to pass the current value; may be "+
			"repeated; CGI executables inherit no other variables but PATH, TZ, LD_LIBRARY_PATH and those of the Go runtime")
	f.BoolVar(&s.Authorization, "authorization", s.Authorization,
		"pass the header Authorization to CGI executables, as HTTP_AUTHORIZATION")
}

// requestFlags adds the flags that define requests, and the expected status.
func requestFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringArrayVar(&s.Requests, "request", s.Requests,
		"request: a path such as '/?page=2', after a method if it is not GET "+
			"('POST /form'), or the name of a workload's request; may be repeated (default /, or all requests of a workload)")
	f.StringArrayVar(&s.Headers, "header", s.Headers, "request header, such as 'Accept: text/html'; may be repeated")
	f.StringVar(&s.Body, "body", s.Body,
		"request body (implies POST; Content-Type: application/x-www-form-urlencoded unless given by "+
			"--header)")
	f.StringVar(&s.BodyFile, "body-file", s.BodyFile, "file with the request body")
	f.IntVar(&s.ExpectStatus, "expect-status", s.ExpectStatus, "expected response status (default: any below 400)")
}

// responseFlags adds the flags that define which responses are considered the same.
func responseFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringArrayVar(&s.IgnoreHeaders, "ignore-header", s.IgnoreHeaders,
		"response header that may differ, such as Set-Cookie; may "+
			"be repeated")
	f.StringArrayVar(&s.Masks, "mask", s.Masks,
		"regular expression (RE2) for parts of bodies and headers that may differ, such as a nonce or the "+
			"time; may be repeated")
	f.BoolVar(&s.AllowDifferent, "allow-different-responses", s.AllowDifferent, "compare only the status of responses")
}
