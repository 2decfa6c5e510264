package main

import (
	"github.com/spf13/pflag"

	"forktax/bench/subject"
)

// serverFlags offers as flags what is compared that is not a workload.
func serverFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringVar(&s.CGI, "cgi", s.CGI, "a CGI executable, in any language, instead of a workload")
	f.StringVar(&s.Persistent, "persistent", s.Persistent, "what --cgi is compared with: the URL of a server that does the "+
		"same, or the command that starts one at the port that is in its variable PORT, and replaces {port}")
	f.StringArrayVar(&s.Targets, "target", s.Targets, "an external server, as name=url; may be repeated; with --workload it is to serve "+
		"that, too")
	f.StringArrayVar(&s.TargetAdmins, "target-admin", s.TargetAdmins, "the admin URL of a target that is a forktax serve, as name=url: "+
		"the report has its CPU; may be repeated")
}

// programFlags offers as flags how programs run.
func programFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringVar(&s.Root, "root", s.Root, "the URL path at which a CGI executable is mounted, such as /cgi-bin/page: what follows it is "+
		"its PATH_INFO (default /)")
	f.StringVar(&s.Dir, "dir", s.Dir, "the directory in which programs run; by default a CGI executable runs in its own, and a command in "+
		"the current one")
	f.StringVar(&s.Documents, "documents", s.Documents, "the directory of PATH_TRANSLATED for CGI executables; by default that is not set")
	f.StringArrayVar(&s.Env, "env", s.Env, "a variable of programs, as NAME=VALUE, or as NAME with the value that it has here; may be "+
		"repeated. CGI executables get no others but those of CGI, PATH, and those that steer Go")
	f.BoolVar(&s.Authorization, "authorization", s.Authorization, "CGI executables get the header Authorization, as HTTP_AUTHORIZATION")
}

// requestFlags offers as flags what programs are asked for.
func requestFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringArrayVar(&s.Requests, "request", s.Requests, "what is sent: a path such as '/?page=2', with a method before it if it is not "+
		"GET ('POST /form'), or the name of a workload's request; may be repeated; by default /, or all of a workload's")
	f.StringArrayVar(&s.Headers, "header", s.Headers, "a header of the requests, such as 'Accept: text/html'; may be repeated")
	f.StringVar(&s.Body, "body", s.Body, "the body of the requests, which are then POST; its type is that of a form unless --header says "+
		"otherwise")
	f.StringVar(&s.BodyFile, "body-file", s.BodyFile, "the file with the body of the requests")
	f.IntVar(&s.ExpectStatus, "expect-status", s.ExpectStatus, "the status that a right response has; by default any but an error (4xx, 5xx)")
}

// responseFlags offers as flags which responses count as the same.
func responseFlags(s *subject.Spec, f *pflag.FlagSet) {
	f.StringArrayVar(&s.IgnoreHeaders, "ignore-header", s.IgnoreHeaders, "a header that may differ between responses, such as Set-Cookie; may "+
		"be repeated")
	f.StringArrayVar(&s.Masks, "mask", s.Masks, "a regular expression (RE2) of what may differ in bodies and headers, such as a nonce, the "+
		"time or the server's port; may be repeated")
	f.BoolVar(&s.AllowDifferent, "allow-different-responses", s.AllowDifferent, "compare nothing of responses but their status")
}
