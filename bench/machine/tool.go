package machine

import (
	"context"
	"errors"
	"os/exec"

	"forktax/bench/explain"
	"forktax/bench/servers"
)

// A Tool is an external program that forktax starts for an optional feature.
type Tool struct {
	Name      string `json:"name"`
	NeededFor string `json:"purpose"` // the features that need it
	Package   string `json:"package"` // Debian packages, separated by blanks
	Installed bool   `json:"installed"`
	Problem   string `json:"problem,omitempty"` // reason why it does not work although it is installed
	Advice    string `json:"advice,omitempty"`  // how to make it work
}

// pathTools lists the programs that are searched on PATH.
var pathTools = []Tool{
	{Name: "go", NeededFor: "building in a checkout, and Go programs in suites and checks",
		Advice: "install Go 1.26 or later: https://go.dev/dl"},
	{Name: "gcc", NeededFor: "building the guestbook in a checkout, and C in suites", Package: "gcc libc6-dev"},
	{Name: "sh", NeededFor: "check --build, run --persistent 'COMMAND', and the servers of a run", Package: "dash"},
	{Name: "git", NeededFor: "builds of git refs", Package: "git"},
	{Name: "hyperfine", NeededFor: "the cross-check with hyperfine in calibrate", Package: "hyperfine"},
	{Name: "perl", NeededFor: "Perl in run --suite languages", Package: "perl"},
	{Name: "python3", NeededFor: "Python in run --suite languages and article", Package: "python3"},
	{Name: "php-cgi", NeededFor: "PHP in run --suite languages and php", Package: "php-cgi"},
}

func tools(ctx context.Context) []Tool {
	var all []Tool
	for _, t := range pathTools {
		_, err := exec.LookPath(t.Name)
		t.Installed = err == nil
		all = append(all, t)
	}
	all = append(all, straceTool(ctx),
		Tool{Name: "initdb", NeededFor: "--database postgres, and PostgreSQL in run --suite article", Package: "postgresql",
			Installed: servers.PostgresInstalled() == nil}, // it need not be on PATH
		Tool{Name: "slapd", NeededFor: "--directory slapd", Package: "slapd", Installed: servers.SlapdInstalled() == nil})
	for _, kind := range servers.WebInfos() {
		all = append(all, Tool{Name: "server " + kind.Name, NeededFor: "this server in run --suite", Package: kind.Packages,
			Installed: kind.Missing == nil})
	}
	return all
}

// straceTool returns the state of strace, which may be installed but not permitted in a container.
func straceTool(ctx context.Context) Tool {
	t := Tool{Name: "strace", Package: "strace",
		NeededFor: "the files and connections in explain, and the counts in check"}
	_, err := exec.LookPath(t.Name)
	t.Installed = err == nil
	var refused *explain.NoTracerError
	if t.Installed && errors.As(explain.Traceable(ctx), &refused) {
		t.Problem, t.Advice = refused.Why, refused.Advice
	}
	return t
}
