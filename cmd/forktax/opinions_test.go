//go:build slow

package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// teller is a CGI program that echoes its request, unless the query asks for another kind of response.
const teller = `#!/bin/sh
text='Content-Type: text/plain'
case $QUERY_STRING in
status) printf 'Status: 404 Nowhere\n%s\n\nno' "$text" ;;
away) printf 'Location: http://example.org/there\n\n' ;;
moved) printf 'Status: 301 Moved\nLocation: http://example.org/there\n%s\n\nmoved' "$text" ;;
beyond) printf 'Location: %s/beyond\n\n' "$SCRIPT_NAME" ;;
crlf) printf '%s\r\nX-Odd: crlf\r\n\r\nhello\r\n' "$text" ;;
odd) printf '%s\nx-ODD:   spaces  \n\nhello' "$text" ;;
empty) printf '%s\n\n' "$text" ;;
nothing) printf 'Status: 204 None\n\n' ;;
unchanged) printf 'Status: 304 Not Modified\n\n' ;;
long) printf '%s\n\n' "$text"; head -c 1000000 /dev/zero | tr '\0' x ;;
length) printf '%s\nContent-Length: 5\n\nhello' "$text" ;;
error) printf 'Status: 500 Broken\n%s\n\nbroken' "$text" ;;
silent) ;;
garbage) echo garbage ;;
*)
	sum=$(cksum)
	printf '%s\n\n' "$text"
	for v in "$REQUEST_METHOD" "$SCRIPT_NAME" "$PATH_INFO" "$QUERY_STRING" "$CONTENT_TYPE" "${CONTENT_LENGTH:-0}" \
		"$GATEWAY_INTERFACE" "$SERVER_PROTOCOL" "$SERVER_NAME" "$REMOTE_ADDR" "${REMOTE_PORT:+port}" "$HTTP_X_TWICE" \
		"$HTTP_COOKIE" "$HTTP_PROXY" "$HTTP_AUTHORIZATION" "$sum"; do
		printf '%s\n' "$v"
	done ;;
esac
`

// A probe is a request to the program teller.
type probe struct {
	method, beyond, body string
	header               http.Header
	few                  string // why our host is right, if less than half of its peers agree; otherwise empty
}

var probes = map[string]probe{
	"what it is told":         {beyond: "/some/where?a=b&c=d+e%20f"},
	"an encoded path":         {beyond: "/a%20b/%C3%A9%2B?x"},
	"no path, no query":       {},
	"a body":                  {method: "POST", body: strings.Repeat("some text\n", 20_000), header: http.Header{"Content-Type": {"text/x-odd; a=b"}}},
	"another method":          {method: "DELETE", beyond: "/entry"},
	"headers that come twice": {header: http.Header{"X-Twice": {"a", "b"}}},
	"a cookie":                {header: http.Header{"Cookie": {"a=b; c=d"}}},
	"httpoxy":                 {header: http.Header{"Proxy": {"http://example.org"}}},
	"a password":              {header: http.Header{"Authorization": {"Basic YTpi"}}, few: "RFC 3875, section 9.2: a script need not know it; Apache hides it, too"},
	"HEAD":                    {method: "HEAD", beyond: "?length"},
	"a status":                {beyond: "?status"},
	"an error":                {beyond: "?error"},
	"another place":           {beyond: "?away"},
	"another place, said":     {beyond: "?moved"},
	"another path":            {beyond: "?beyond", few: "RFC 3875, section 6.2.2; Apache follows it, too"},
	"other ends of lines":     {beyond: "?crlf"},
	"an odd header":           {beyond: "?odd"},
	"no body":                 {beyond: "?empty"},
	"no content":              {beyond: "?nothing"},
	"not modified":            {beyond: "?unchanged"},
	"a long answer":           {beyond: "?long"},
	"a length":                {beyond: "?length"},
	"nothing at all":          {beyond: "?silent"},
	"garbage":                 {beyond: "?garbage"},
}

// Our host responds as most of the other web servers do, unless a probe has a reason for a difference. These servers
// were written by others, so they are a reference for correct responses in addition to RFC 3875.
func TestHostAnswersAsItsPeers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "teller")
	if err := os.WriteFile(path, []byte(teller), 0o755); err != nil {
		t.Fatal(err)
	}
	p := builtScript(t, dir)
	launcher := &subject.Launcher{Programs: []subject.Program{p}, Dir: dir,
		Env: map[string]string{contract.EnvScriptPath: path, contract.EnvScriptRoot: "/cgi-bin/teller"}}
	ours, stop, err := launcher.Launch(t.Context(), subject.ScriptModel, p.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	peers := map[string]string{}
	for _, peer := range servers.WebInfos(servers.Executable) {
		peers[peer.Name] = startedPeer(t, peer.Name, path)
	}
	for name, p := range probes {
		t.Run(name, func(t *testing.T) {
			got := p.answer(t, ours.URL+"/cgi-bin/teller")
			agree := 0
			said := ""
			for _, name := range slices.Sorted(maps.Keys(peers)) {
				answer := p.answer(t, peers[name])
				if answer == got {
					agree++
				}
				said += fmt.Sprintf("\n%s: %s", name, answer)
			}
			if few := 2*agree < len(peers); few != (p.few != "") {
				t.Errorf("%d of %d answer as ours does, want most: %t\nours: %s%s", agree, len(peers), p.few == "", got, said)
			}
		})
	}
}

// answer sends the probe and returns a text with the status, the headers that the program sets, and the body of the
// response.
func (p probe) answer(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), p.method, url+p.beyond, strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, p.header)
	resp, err := http.DefaultTransport.RoundTrip(r) // does not follow redirects
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	if resp.StatusCode >= 500 && !strings.Contains(p.beyond, "error") {
		return "a server's error" // its status and body depend on the server
	}
	said := fmt.Sprint(resp.StatusCode)
	for _, name := range []string{"Content-Type", "Location", "X-Odd"} {
		said += fmt.Sprintf(" %q", resp.Header[name])
	}
	if resp.StatusCode == http.StatusFound {
		return said // its body depends on the server
	}
	return fmt.Sprintf("%s %d bytes, %.400q", said, len(body), body)
}
