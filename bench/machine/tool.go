package machine

import (
	"context"
	"errors"
	"os/exec"

	"forktax/bench/explain"
	"forktax/bench/servers"
)

// A Tool is an outside program that forktax starts, for something that can be done without.
type Tool struct {
	Name    string `json:"name"`
	For     string `json:"purpose"` // what cannot be had without it
	Package string `json:"package"` // of Debian; several have a blank between them
	There   bool   `json:"installed"`
	Wrong   string `json:"problem,omitempty"` // why it does not work, though it is there
	Advice  string `json:"advice,omitempty"`  // what would make it work
}

// byPath are the programs that are looked for on PATH.
var byPath = []Tool{
	{Name: "go", For: "building in a checkout, and Go programs in suites and checks", Advice: "install Go 1.26 or later: https://go.dev/dl"},
	{Name: "gcc", For: "building the guestbook in a checkout, and C in suites", Package: "gcc libc6-dev"},
	{Name: "sh", For: "check --build, run --persistent 'COMMAND', and servers of a run", Package: "dash"},
	{Name: "git", For: "builds of git refs", Package: "git"},
	{Name: "hyperfine", For: "the comparison with it that calibrate makes", Package: "hyperfine"},
	{Name: "perl", For: "Perl in run --suite languages", Package: "perl"},
	{Name: "python3", For: "Python in run --suite languages and article", Package: "python3"},
	{Name: "php-cgi", For: "PHP in run --suite languages and php", Package: "php-cgi"},
}

func tools(ctx context.Context) []Tool {
	var all []Tool
	for _, t := range byPath {
		_, err := exec.LookPath(t.Name)
		t.There = err == nil
		all = append(all, t)
	}
	all = append(all, tracer(ctx),
		Tool{Name: "initdb", For: "--database postgres, and PostgreSQL in run --suite article", Package: "postgresql",
			There: servers.Installed() == nil}, // which PATH need not have
		Tool{Name: "slapd", For: "--directory slapd", Package: "slapd", There: servers.SlapdInstalled() == nil})
	for _, kind := range servers.Webs() {
		all = append(all, Tool{Name: "server " + kind.Name, For: "its part of run --suite", Package: kind.Packages,
			There: kind.Missing == nil})
	}
	return all
}

// tracer is strace, which a container may have and not permit.
func tracer(ctx context.Context) Tool {
	t := Tool{Name: "strace", Package: "strace",
		For: "all that explain sees of files and connections, and counts of check"}
	_, err := exec.LookPath(t.Name)
	t.There = err == nil
	var refused *explain.NoTracerError
	if t.There && errors.As(explain.Traceable(ctx), &refused) {
		t.Wrong, t.Advice = refused.Why, refused.Advice
	}
	return t
}
