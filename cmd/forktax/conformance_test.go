//go:build slow

package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

var update = flag.Bool("update", false, "rewrite docs/conformance.md")

// conformanceDoc has the results in a table.
const conformanceDoc = "../../docs/conformance.md"

// The model cgi-direct passes each case, unless the case has a reason against it. The results of net/http/cgi and of
// the web servers of others are those of docs/conformance.md.
func TestConformance(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cgi-bin")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "asked.cgi")
	nph := filepath.Join(dir, "nph-asked.cgi")
	for _, path := range []string{program, nph} {
		if err := os.WriteFile(path, []byte(conformanceProgram()), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	direct, fresh := contract.Direct().Name, contract.Fresh().Name
	names := []string{direct, fresh}
	urls := []string{startedHost(t, direct, dir, "/cgi-bin", dir) + "/asked.cgi",
		startedHost(t, fresh, program, "/cgi-bin/asked.cgi", dir)}
	for _, peer := range servers.WebInfos(servers.Executable) {
		names = append(names, peer.Name)
		urls = append(urls, startedPeer(t, peer.Name, program, nph))
	}
	document, err := os.ReadFile(conformanceDoc)
	if err != nil {
		t.Fatal(err)
	}
	documented := documentedResults(string(document))
	results := make([][]string, len(names))
	var group sync.WaitGroup
	for i, address := range urls {
		results[i] = make([]string, len(conformanceCases))
		group.Go(func() {
			for n, c := range conformanceCases {
				result, last := c.result(address, n, documented[names[i]+" "+c.name])
				results[i][n] = result
				if want := resultOf(c.ours == ""); i == 0 && result != want {
					t.Errorf("%s: %s, want %s; the response:\n%.500s %v", c.name, result, want, last.raw, last.err)
				}
				if os.Getenv("CONFORMANCE") == names[i] && result != passes {
					t.Logf("%s %s: %s: %.500q %v", names[i], c.name, result, last.raw, last.err)
				}
			}
		})
	}
	group.Wait()
	compareConformance(t, string(document), conformanceTable(names, results))
}

// The results of a server for a case.
const (
	passes = "yes"
	fails  = "no"
	varies = "varies"
)

func resultOf(passed bool) string {
	if passed {
		return passes
	}
	return fails
}

// conformanceTries is how often a request is sent to find out whether the result varies.
const conformanceTries = 10

// result sends the request of the case with the number n to the program at the URL, and returns the result with the
// last response. If the document has to be written, it sends the request several times. Otherwise it repeats a request
// whose result differs from that of the document.
func (c conformanceCase) result(address string, n int, documented string) (result string, last response) {
	got := map[string]bool{}
	for try := range conformanceTries {
		last = c.send(address, n)
		result = resultOf(c.passes(last))
		got[result] = true
		timedOut := errors.Is(last.err, os.ErrDeadlineExceeded)
		if timedOut || !*update && (result == documented || documented == varies || try == 2) {
			break
		}
	}
	if len(got) > 1 && *update || !*update && documented == varies {
		return varies, last
	}
	return result, last
}

// documentedResults returns the results in the document, by the names of the server and the case.
func documentedResults(document string) map[string]string {
	results := map[string]string{}
	var names []string
	for line := range strings.SplitSeq(document, "\n") {
		cells := strings.Split(line, " | ")
		if strings.HasPrefix(line, "| case | source | ") {
			names = cells[2:]
		}
		for i := 2; i < len(cells) && len(cells) == len(names)+2; i++ {
			name, which := strings.TrimSuffix(names[i-2], " |"), strings.TrimPrefix(cells[0], "| ")
			results[name+" "+which] = strings.TrimSuffix(cells[i], " |")
		}
	}
	return results
}

// compareConformance compares the table with that of the document.
func compareConformance(t *testing.T, document, table string) {
	t.Helper()
	before, old, _ := strings.Cut(document, "\n| case |")
	if *update {
		if err := os.WriteFile(conformanceDoc, []byte(before+"\n"+table), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	was := strings.Split("| case |"+old, "\n")
	for i, line := range strings.Split(table, "\n") {
		if i >= len(was) || line != was[i] {
			t.Errorf("%s differs; run this test with -update if it should:\n%s", conformanceDoc, line)
		}
	}
}

// conformanceTable returns a table with a row for each case, and the totals.
func conformanceTable(names []string, results [][]string) string {
	head, line := "| case | source |", "|---|---|"
	must, should := "| **must** | |", "| **should** | |"
	totals := map[bool]int{}
	for _, c := range conformanceCases {
		totals[c.should]++
	}
	for i, name := range names {
		head += " " + name + " |"
		line += "---|"
		of := map[bool]int{}
		for n, c := range conformanceCases {
			if results[i][n] == passes {
				of[c.should]++
			}
		}
		must += fmt.Sprintf(" %d of %d |", of[false], totals[false])
		should += fmt.Sprintf(" %d of %d |", of[true], totals[true])
	}
	rows := []string{head, line, must, should}
	for n, c := range conformanceCases {
		row := "| " + c.name + " | " + c.source
		if c.should {
			row += " (should)"
		}
		row += " |"
		for i := range names {
			row += " " + results[i][n] + " |"
		}
		rows = append(rows, row)
	}
	return strings.Join(rows, "\n") + "\n"
}

// conformanceProgram is a CGI program that executes the script of the case whose number is in the header User-Agent,
// which all servers pass on.
func conformanceProgram() string {
	text := "#!/bin/sh\ncase $HTTP_USER_AGENT in\n"
	for n, c := range conformanceCases {
		text += fmt.Sprintf("%d) %s ;;\n", n, cmp.Or(c.script, prints))
	}
	return text + "*) printf 'Content-Type: text/plain\\n\\nready' ;;\nesac\n"
}

// startedHost starts a host of this project until the test ends, and returns the URL of its root. Documents is its
// document root; "" if it has none.
func startedHost(t *testing.T, model, script, root, documents string) string {
	t.Helper()
	dir := t.TempDir()
	p := builtScript(t)
	launcher := &subject.Launcher{Programs: []subject.Program{p}, Dir: dir,
		Env: map[string]string{contract.EnvScriptPath: script, contract.EnvScriptRoot: root,
			contract.EnvScriptDocuments: documents}}
	target, stop, err := launcher.Launch(t.Context(), model, p.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return target.URL + root
}

// A response is what a server sends for a case.
type response struct {
	status     int
	header     http.Header
	body       string
	raw        string // all that was received
	err        error  // why it is not a complete response
	variables  map[string]string
	path, port string        // of the program's URL
	took       time.Duration // from the beginning of the request to the last part of the response
	streamed   time.Duration // from the first part of the response to the last one
}

// responseLimit is how long a response may take. Some servers never respond to some cases.
const responseLimit = 5 * time.Second

// send sends the request of the case with the number n to the program at the URL.
func (c conformanceCase) send(address string, n int) (r response) {
	u, err := url.Parse(address)
	if err != nil {
		return response{err: err}
	}
	r.path, r.port = u.Path, u.Port()
	if c.nph {
		r.path = path.Join(path.Dir(u.Path), "nph-"+path.Base(u.Path))
	}
	text := strings.NewReplacer("{path}", r.path, "{dir}", path.Dir(r.path)).
		Replace(cmp.Or(c.request, asked("GET", "", "")))
	head, body, _ := strings.Cut(text, "\n\n")
	named := fmt.Sprintf("\r\nUser-Agent: %d\r\n\r\n", n)
	if next, second, again := strings.Cut(body, "<wait>"); again { // perhaps another request
		body = next + "<wait>" + strings.Replace(strings.ReplaceAll(second, "\n", "\r\n"), "\r\n\r\n", named, 1)
	}
	if strings.Contains(head, "chunked") {
		body = strings.ReplaceAll(body, "\n", "\r\n")
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return response{err: err}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(responseLimit))
	began := time.Now()
	var first, last time.Time
	r.raw, first, last, err = exchange(conn, strings.ReplaceAll(head, "\n", "\r\n")+named+body)
	r.took, r.streamed = last.Sub(began), last.Sub(first)
	r.parse(err, strings.HasPrefix(head, http.MethodHead))
	return r
}

// exchange sends a request and returns all that it receives, and when it received the first and the last part. At
// <pause> in the request it pauses, at <wait> it waits until something has been received.
func exchange(conn net.Conn, request string) (received string, began, last time.Time, err error) {
	var text strings.Builder
	first := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := conn.Read(buffer)
			if n > 0 {
				last = time.Now()
			}
			if text.Len() == 0 {
				began = time.Now()
				close(first)
			}
			text.Write(buffer[:n])
			if err == io.EOF {
				err = nil
			} else if err == nil {
				continue
			}
			done <- err
			return
		}
	}()
	for i, part := range strings.Split(request, "<wait>") {
		if i > 0 {
			select {
			case <-first:
				time.Sleep(20 * time.Millisecond) // until all of it has been received
			case <-time.After(responseLimit / 2):
			}
		}
		for i, piece := range strings.Split(part, "<pause>") {
			if i > 0 {
				time.Sleep(50 * time.Millisecond)
			}
			_, _ = io.WriteString(conn, piece) // the server may have responded without reading it
		}
	}
	err = <-done
	return text.String(), began, last, err
}

// parse takes the response, and the variables that it prints, from what was received.
func (r *response) parse(err error, head bool) {
	r.err = err
	text := strings.TrimPrefix(r.raw, "HTTP/1.1 100 Continue\r\n\r\n")
	method := http.MethodGet
	if head {
		method = http.MethodHead
	}
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), &http.Request{Method: method})
	if err != nil {
		r.err = err
		return
	}
	body, err := io.ReadAll(resp.Body)
	r.err = cmp.Or(r.err, err)
	r.status, r.header, r.body = resp.StatusCode, resp.Header, string(body)
	r.variables = variablesOf(strings.Split(r.body, "\n"))
}

// variablesOf returns the values of variables, the first of each name, from lines of NAME=VALUE.
func variablesOf(lines []string) map[string]string {
	variables := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		if _, set := variables[name]; !set {
			variables[name] = value
		}
	}
	return variables
}
