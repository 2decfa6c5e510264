// Package traps recognises properties of a server, of a program or of its response that make the numbers of a run say
// something else than they seem to: a delayed ACK, a full listen backlog, a debug build, an error page. It is not for
// faults of the machine, which package machine recognises, nor for those of a block, which are in package analysis.
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

// A Case is what is examined: a server that runs, with the program behind it. What is not known is the zero value.
type Case struct {
	Model    string             // in the results: a model, the side of a check, or the name of a server
	Path     string             // executable that is started for each request
	Command  string             // that started the server, as given to a shell
	PID      int                // of the process that Command or the harness started; 0 if it is not known
	URL      string             // of the server, without the path of the request
	Requests []contract.Request // that are measured; connections are examined with the first of them
	Clients  int                // most clients of a closed loop; 0 means 1
	Reused   bool               // connections are kept from one request to the next
}

// A detector recognises one trap.
type detector struct {
	code   string
	needs  func(c *Case) bool // reports whether the case has what the detector looks at
	detect func(ctx context.Context, p *probe) (evidence string)
	advice string
}

// detectors in the order in which their traps are reported. Those that only read come first.
var detectors = []detector{
	{"error-page", hasURL, errorPage,
		"correct the request or the environment of the program, or what is measured is how fast it fails"},
	{"debug-build", hasProgram, debugBuild, "build it as it is deployed, and measure again"},
	{"shim", hasExecutable, throughShim,
		"name the interpreter itself in the first line of the program; a shim starts a shell script before it"},
	{"development-mode", hasURL, developmentMode, "start the server as it is deployed, and measure again"},
	{subject.FewWorkers, hasKeptClients, fewWorkers,
		"start at least as many workers as there are clients, or measure with fewer clients or with --no-keepalive: a client " +
			"that waits for another to close its connection waits for ever"},
	{"delayed-ack", keepsConnections, delayedACK,
		"write head and body at once, or set TCP_NODELAY, and measure again (Python's http.server: wbufsize = -1 in the " +
			"handler): the server waits for an acknowledgement that its client delays (Nagle's algorithm)"},
	{subject.ListenBacklog, hasClients, fullBacklog,
		"listen with a backlog of at least the number of clients, and measure again (Python's socketserver: " +
			"request_queue_size = 128)"},
}

func hasURL(c *Case) bool           { return c.URL != "" && len(c.Requests) > 0 }
func hasExecutable(c *Case) bool    { return c.Path != "" }
func hasProgram(c *Case) bool       { return c.Path != "" || c.PID != 0 }
func hasClients(c *Case) bool       { return hasURL(c) && c.Clients > 1 }
func keepsConnections(c *Case) bool { return hasURL(c) && c.Reused }
func hasKeptClients(c *Case) bool   { return hasClients(c) && c.Reused }

// limit is the longest that Detect takes. Without a trap it takes about as long as a hundred requests, at most a second
// unless one request takes longer than 100 ms.
const limit = 3 * time.Second

// Detect looks for each trap in turn. It returns those that it found before the limit or the end of ctx; that a
// detector fails, as one does whose server has ended, is not an error. All connections that it opens are closed when it
// returns.
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

// A probe is a case that is being examined, with what detectors have in common.
type probe struct {
	Case
	processes []serverProcess    // of the server; nil until they are asked for
	learnt    []subject.Response // to the requests; nil until they are asked for
}

// responses returns those to the requests, as far as there are any.
func (p *probe) responses(ctx context.Context) []subject.Response {
	if p.learnt != nil {
		return p.learnt
	}
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	p.learnt = []subject.Response{}
	for _, r := range p.Requests {
		if response, err := subject.Fetch(ctx, client, p.URL, r); err == nil {
			p.learnt = append(p.learnt, response)
		}
	}
	return p.learnt
}

// server returns the processes of the server that can be seen.
func (p *probe) server() []serverProcess {
	if p.processes == nil && p.PID != 0 {
		p.processes = processTree(p.PID)
	}
	return p.processes
}

// quote shows text from elsewhere in evidence, and not too much of it.
func quote(text string) string {
	const most = 120 // characters
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
