package cgi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/workload/contract"
)

// dialed opens a connection and sends text.
func dialed(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

// A client that does not read its response does not keep a slot for longer than the limit of a child.
func TestClientThatDoesNotRead(t *testing.T) {
	h := shell(textHead + `[ "$QUERY_STRING" = large ] && exec head -c 50000000 /dev/zero; echo small`)
	h.Limits = contract.ChildLimits{Children: 1, Total: time.Second}
	addr, logged := served(t, h)
	dialed(t, addr, get("/?large"))
	eventually(t, "the child is started", func() bool { return h.Stats().Started > 0 })
	if status, body, _ := asks(t, addr, "/"); status != http.StatusOK || body != "small\n" {
		t.Errorf("the next client: %d %q; log:\n%s", status, body, logged)
	}
	if strings.Contains(logged.String(), "cannot be killed") {
		t.Errorf("log:\n%s", logged)
	}
}

// A client whose body does not arrive is to blame, not the child that waits for it.
func TestBodyThatStops(t *testing.T) {
	h := shell(`cat; ` + textHead)
	h.Limits = contract.ChildLimits{Idle: 300 * time.Millisecond}
	addr, logged := served(t, h)
	c := dialed(t, addr, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nbegin")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("%v, %v; want 408; log:\n%s", resp, err, logged)
	}
}

// A response is sent when the child has closed its output, although the child runs on.
func TestOutputClosed(t *testing.T) {
	end := filepath.Join(t.TempDir(), "end")
	h := shell(textHead+`echo page; exec >&-; until [ -e "$END" ]; do sleep 0.01; done`, "END="+end)
	h.Streams = true
	addr, logged := served(t, h)
	c := dialed(t, addr, get("/"))
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%v; log:\n%s", err, logged)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "page\n" || err != nil || h.Stats().Running != 1 {
		t.Errorf("%q, %v, with %d children running; want the page, and one", body, err, h.Stats().Running)
	}
	if err := os.WriteFile(end, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child has ended", func() bool { return h.Stats().Running == 0 })
	if logged.String() != "" {
		t.Errorf("log:\n%s", logged)
	}
}

// What is left of an upload is not taken for the next request on the connection, also if the response was sent before.
func TestRestOfBodyIsNoRequest(t *testing.T) {
	h := shell(textHead + `head -c 100000 /dev/zero`)
	addr, logged := served(t, h)
	const inner = "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"
	c := dialed(t, addr, fmt.Sprintf("POST /outer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 1_000_000))
	go func() { // slower than the host waits for it
		for range 20 {
			time.Sleep(50 * time.Millisecond)
			if _, err := io.WriteString(c, inner); err != nil {
				return
			}
		}
	}()
	text, _ := io.ReadAll(c) // until the server closes the connection
	if n := strings.Count(string(text), "HTTP/1.1 "); n != 1 || h.Stats().Started != 1 {
		t.Errorf("%d responses and %d children for one request; log:\n%s", n, h.Stats().Started, logged)
	}
}

// A closed host responds with 503, also for a directory of programs.
func TestClosedDirectory(t *testing.T) {
	h := shell("")
	h.Path = t.TempDir()
	write(t, filepath.Join(h.Path, "a"), "#!/bin/sh\n"+textHead, 0o755)
	if w := ask(h, "/a"); w.Code != http.StatusOK {
		t.Fatalf("status %d before the end", w.Code)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if w := ask(h, "/a"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d after the end, want 503", w.Code)
	}
}
