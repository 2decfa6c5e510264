package subject_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

func TestParseExternal(t *testing.T) {
	for text, want := range map[string]string{
		"a=http://127.0.0.1:18517/x":   "",
		"a=https://example.org":        "",
		"a=http://[::1]:80/":           "",
		"a=127.0.0.1:18517/x":          "http:// is missing: a=http://127.0.0.1:18517/x",
		"a=localhost:8080":             "http:// is missing: a=http://localhost:8080",
		"a=localhost":                  "http:// is missing: a=http://localhost",
		"a=example.org/x":              "http:// is missing: a=http://example.org/x",
		"a=[::1]:8080":                 "http:// is missing: a=http://[::1]:8080",
		"a=":                           "must be an http or https URL",
		"a=ftp://127.0.0.1/":           "must be an http or https URL",
		"a=http:///x":                  "must be an http or https URL",
		"a=http://user@127.0.0.1/":     "must be a URL without user and fragment",
		"http://127.0.0.1/":            "must be name=url",
		"=http://127.0.0.1/":           "must be name=url",
		"a=http://127.0.0.1:port/what": "invalid port",
	} {
		f, err := subject.ParseExternal(text)
		if want != "" {
			fails(t, "ParseExternal", err, want)
		} else if err != nil || f.Name != "a" || f.URL.String() != text[2:] {
			t.Errorf("ParseExternal(%q) = %+v, %v", text, f, err)
		}
	}
}

func externals(t *testing.T, texts ...string) (all []subject.External) {
	t.Helper()
	for _, text := range texts {
		f, err := subject.ParseExternal(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func TestParseAdmins(t *testing.T) {
	servers := externals(t, "a=http://127.0.0.1:1/", "b=http://127.0.0.1:2/")
	if err := subject.ParseAdmins([]string{"b=http://127.0.0.1:3/"}, servers); err != nil || servers[0].Admin != nil ||
		servers[1].Admin.String() != "http://127.0.0.1:3/" {
		t.Errorf("ParseAdmins = %v, and the servers are %+v", err, servers)
	}
	for text, want := range map[string]string{
		"c=http://127.0.0.1:3/": "no --target has this name: use one of a, b",
		"b=http://127.0.0.1:3/": "--target b already has an admin URL",
		"a=127.0.0.1:3":         "http:// is missing: a=http://127.0.0.1:3",
	} {
		err := subject.ParseAdmins([]string{text}, servers)
		fails(t, "ParseAdmins", err, "--target-admin ", want)
		var option *subject.OptionError
		if !errors.As(err, &option) || option.Element != 0 {
			t.Errorf("ParseAdmins(%q) = %v, want an OptionError about its element", text, err)
		}
	}
	fails(t, "ParseAdmins", subject.ParseAdmins([]string{"a=http://127.0.0.1:3/"}, nil), "add --target a=url")
}

// adminListener starts a server at / with an admin listener whose clock differs by offset, and returns its URL.
func adminListener(t *testing.T, usage string, offset time.Duration) string {
	t.Helper()
	mux := http.NewServeMux()
	var served atomic.Int64
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		served.Add(1)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[int]int64{http.StatusOK: served.Load()})
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(usage)) })
	mux.HandleFunc("GET /children", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(contract.Family{NowNS: contract.Now() + int64(offset)})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestReachAdmin(t *testing.T) {
	tests := map[string]struct {
		url   string
		other bool
		want  string // text in the error
	}{
		"clock of this machine": {adminListener(t, `{"self_cpu_ns": 7}`, 0) + "/", false, ""},
		"clock behind":          {adminListener(t, `{"self_cpu_ns": 7}`, -time.Hour), true, ""},
		"clock ahead":           {adminListener(t, `{"self_cpu_ns": 7}`, time.Hour), true, ""},
		"another program": {adminListener(t, `{"status": "ok"}`, 0), false,
			"is not the admin URL of a forktax serve (GET /usage: no self_cpu_ns"},
		"HTML page": {adminListener(t, `<html>`, 0), false,
			"is not the admin URL of a forktax serve (GET /usage: invalid"},
		"no such path": {adminListener(t, `{}`, 0) + "/none", false, "GET /usage: 404"},
		"no listener":  {"http://127.0.0.1:1", false, "connecting to the admin listener of a: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			servers := externals(t, "a="+strings.TrimSuffix(test.url, "/")+"/")
			if err := subject.ParseAdmins([]string{"a=" + test.url}, servers); err != nil {
				t.Fatal(err)
			}
			err := servers[0].ReachAdmin(t.Context())
			if test.want != "" {
				fails(t, "ReachAdmin", err, test.want)
				return
			}
			clocks := subject.OtherClocks(servers)
			if is := len(clocks) == 1; err != nil || is != test.other || is && clocks[0].Model != "a" {
				t.Errorf("ReachAdmin = %v, OtherClocks = %+v, want another clock: %t", err, clocks, test.other)
			}
			l := &subject.Launcher{External: servers}
			target, _, err := l.Launch(t.Context(), "a", subject.ExternalWorkload)
			if err != nil || target.OtherClock != test.other {
				t.Fatalf("Launch = %+v, %v", target, err)
			}
			u, err := target.Usage(t.Context(), http.DefaultClient)
			if err != nil || u == nil || u.SelfCPUNS != 7 {
				t.Errorf("Usage = %+v, %v", u, err)
			}
		})
	}
}

func TestReachAdminOfAnotherServer(t *testing.T) {
	const usage = `{"self_cpu_ns": 7}`
	servers := externals(t, "a="+adminListener(t, usage, 0)+"/")
	if err := subject.ParseAdmins([]string{"a=" + adminListener(t, usage, 0)}, servers); err != nil {
		t.Fatal(err)
	}
	fails(t, "ReachAdmin", servers[0].ReachAdmin(t.Context()),
		"--target-admin a=http://", "belongs to another server: it did not count a request to "+servers[0].URL.String())
}

// An address as a command is an error that suggests the URL.
func TestAddressAsCommand(t *testing.T) {
	l := &subject.Launcher{External: []subject.External{{Name: "persistent", Command: "127.0.0.1:8080/x"}}}
	_, _, err := l.Launch(t.Context(), "persistent", "script")
	fails(t, "Launch", err, `--persistent "127.0.0.1:8080/x": http:// is missing: http://127.0.0.1:8080/x`)
}
