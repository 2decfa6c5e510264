// Package traps detects properties of a server, a program or its response that make the results of a run misleading: a
// delayed ACK, a full listen backlog, a debug build, an error page. Package machine detects faults of the machine, and
// package analysis invalid blocks.
//
// To add a trap, write a detector and add a row to the table below.
package traps

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Case is a running server to be examined, with the program behind it. Unknown fields have the zero value.
type Case struct {
	Model    string             // name in the results: a model, a side of a check, or a server
	Path     string             // executable that is started for each request
	Command  string             // shell command that started the server
	PID      int                // process that Command or the harness started; 0: unknown
	URL      string             // base URL of the server, without the path of the request
	Requests []contract.Request // measured requests; connections are examined with the first one
	Clients  int                // highest number of clients of a closed loop; 0 means 1
	Reused   bool               // connections are reused for several requests
}

// A detector detects one trap.
type detector struct {
	code   string
	needs  func(c *Case) bool // reports whether the case has the fields that the detector needs
	detect func(ctx context.Context, p *probe) (evidence string)
	advice string
}

// detectors lists the detectors in the order in which their traps are reported. Detectors that only read come first.
var detectors = []detector{
	{"error-page", hasURL, errorPage,
		"correct the request or the program's environment; otherwise the run measures how fast the program fails"},
	{"debug-build", hasProgram, debugBuild, "build it with the flags of the deployment and measure again"},
	{"shim", hasExecutable, throughShim,
		"name the interpreter itself in the first line of the program; a shim first runs a shell script"},
	{"development-mode", hasURL, developmentMode, "start the server as in the deployment and measure again"},
	{subject.FewWorkers, hasKeptClients, fewWorkers,
		"start at least one worker per client, use fewer clients, or use --no-keepalive; otherwise clients without a " +
			"worker wait until they time out"},
	{"delayed-ack", keepsConnections, delayedACK,
		"write head and body in one call or set TCP_NODELAY, and measure again (Python's http.server: wbufsize = -1 in the " +
			"handler); the server waits for an acknowledgement that the client delays (Nagle's algorithm)"},
	{subject.ListenBacklog, hasClients, fullBacklog,
		"set the listen backlog to at least the number of clients and measure again (Python's socketserver: " +
			"request_queue_size = 128)"},
}

func hasURL(c *Case) bool           { return c.URL != "" && len(c.Requests) > 0 }
func hasExecutable(c *Case) bool    { return c.Path != "" }
func hasProgram(c *Case) bool       { return c.Path != "" || c.PID != 0 }
func hasClients(c *Case) bool       { return hasURL(c) && c.Clients > 1 }
func keepsConnections(c *Case) bool { return hasURL(c) && c.Reused }
func hasKeptClients(c *Case) bool   { return hasClients(c) && c.Reused }

// limit is the time limit of Detect. Without a trap, Detect takes about as long as a hundred requests: at most a
// second, unless a request takes longer than 100 ms.
const limit = 3 * time.Second

// Detect runs the detectors one after another. It returns the traps found before the limit or the end of ctx. A
// detector that fails, for example because the server has ended, is not an error. When Detect returns, all its
// connections are closed.
func Detect(ctx context.Context, c Case) []subject.Trap {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var found []subject.Trap
	p := &probe{Case: c}
	for _, d := range detectors {
		if ctx.Err() != nil || !d.needs(&p.Case) {
			continue
		}
		if evidence := d.detect(ctx, p); evidence != "" {
			found = append(found, subject.Trap{Code: d.code, Model: c.Model, Evidence: evidence, Advice: d.advice})
		}
	}
	return found
}

// A probe is a case under examination, with the data that detectors share.
type probe struct {
	Case
	processes []serverProcess    // processes of the server; nil until first used
	fetched   []subject.Response // responses to the requests; nil until first used
}

// responses returns the responses to the requests. It leaves out failed requests.
func (p *probe) responses(ctx context.Context) []subject.Response {
	if p.fetched != nil {
		return p.fetched
	}
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	p.fetched = []subject.Response{}
	for _, r := range p.Requests {
		if response, err := subject.Fetch(ctx, client, p.URL, r); err == nil {
			p.fetched = append(p.fetched, response)
		}
	}
	return p.fetched
}

// server returns the visible processes of the server.
func (p *probe) server() []serverProcess {
	if p.processes == nil && p.PID != 0 {
		p.processes = processTree(p.PID)
	}
	return p.processes
}

// quote quotes and shortens foreign text for evidence.
func quote(text string) string {
	const most = 120 // characters
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
