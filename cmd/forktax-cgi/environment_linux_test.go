package main

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/workload/contract"
)

// A hosted program has the variables of CGI, those that control Go's runtime, the ones named by SCRIPT_ENV, and the
// padding of a variant, but no other variables of the host.
func TestEnvironmentOfChildren(t *testing.T) {
	for name, value := range map[string]string{contract.EnvScriptEnv: "GIVEN,UNSET", "GIVEN": "a", "KEPT": "b",
		"TZ": "UTC", "GOGC": "50", contract.EnvPadding: "xxx", contract.EnvPadding + "1": "x",
		contract.EnvPadding + "27": "x", contract.EnvPhases: "on", "LD_LIBRARY_PATH": ""} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"} {
		t.Setenv(name, "")
	}
	script := "#!/bin/sh\n" + plainHead + "tr '\\0' '\\n' </proc/$$/environ | sed 's/=.*//'\n"
	h := startHost(t, written(t, "names", script, 0o755))
	req, err := http.NewRequest(http.MethodGet, h.url+"/a?b", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"User-Agent": {"x"}, "Accept-Encoding": {"identity"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"FORKTAX_PADDING1", "FORKTAX_PADDING27", "GATEWAY_INTERFACE", "GIVEN", "GOGC", "HTTP_ACCEPT_ENCODING",
		"HTTP_HOST", "HTTP_USER_AGENT", "PATH", "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT",
		"REQUEST_METHOD", "REQUEST_URI", "SCRIPT_FILENAME", "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
		"SERVER_SOFTWARE", "TZ", "UNIQUE_ID"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(strings.Fields(string(text))))); diff != "" {
		t.Errorf("variables of a child (-want +got):\n%s", diff)
	}
}
