package subject_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Bytes beyond the Content-Length of responses cause a single warning, however often net/http logs them.
func TestClientLog(t *testing.T) {
	url := sendsTooMuch(t)
	logged := make(chan string, 100)
	out := subject.NewClientLog(writerFunc(func(p []byte) (int, error) {
		logged <- string(p)
		return len(p), nil
	}))
	log.SetOutput(out)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	client := subject.NewClient()
	for range 3 {
		a, err := subject.Fetch(t.Context(), client, url, contract.Request{Method: "GET", Path: "/"})
		if err != nil || string(a.Body) != "hällo"[:5] {
			t.Fatalf("Fetch = %q, %v", a.Body, err)
		}
	}
	select {
	case got := <-logged:
		const want = `warning: a server sent 2 bytes or more after the end of a response, beginning with "o": its `
		if !strings.HasPrefix(got, want) {
			t.Errorf("the warning is %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("no warning within 10 s")
	}
	fmt.Fprintln(out, `Unsolicited response received on idle HTTP channel starting with "o\n"; err=<nil>`)
	fmt.Fprint(out, "another\x1b line\n")
	if got, want := <-logged, "another\\x1b line\n"; got != want {
		t.Errorf("after the warning: %q, want %q", got, want)
	}
}

// The warning shows neither the values of secret headers nor malformed quotes.
func TestClientLogOfOddText(t *testing.T) {
	for rest, want := range map[string]string{
		`"Set-Cookie: id=5\r\n"; err=<nil>`: `beginning with "Set-Cookie …": `,
		`without quotes`:                    `sent 0 bytes or more after the end of a response, beginning with "": `,
	} {
		var out bytes.Buffer
		line := "Unsolicited response received on idle HTTP channel starting with " + rest + "\n"
		if n, err := subject.NewClientLog(&out).Write([]byte(line)); n != len(line) || err != nil {
			t.Errorf("Write = %d, %v, want %d", n, err, len(line))
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("Write(%q) wrote %q, want %q", line, out.String(), want)
		}
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// sendsTooMuch starts a server whose Content-Length counts characters instead of bytes, and returns its URL.
func sendsTooMuch(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for buf := make([]byte, 4096); ; {
					if _, err := conn.Read(buf); err != nil {
						return
					}
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhällo\n")
				}
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}
