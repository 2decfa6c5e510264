//go:build slow

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
)

// scraping starts Prometheus with additional flags, and returns the URL of its query API. Prometheus scrapes the
// addresses once per second.
func scraping(t *testing.T, path string, addresses []string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: forktax, static_configs: [{targets: ['%s']}]}]\n",
		strings.Join(addresses, "', '"))
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprint("127.0.0.1:", port)
	cmd := exec.Command(path, append(flags, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address)...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return "http://" + address + "/api/v1/query"
}

// found returns the number of series in the result of the query whose value is a number, or the error of the query.
func found(api, query string) (n int, err error) {
	resp, err := http.Get(api + "?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("%s: %w", resp.Status, err)
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("%s", answer.Error)
	}
	for _, s := range answer.Data.Result {
		text, _ := s.Value[1].(string)
		if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
			n++
		}
	}
	return n, nil
}

// foundBy repeats the query until there is a series or the deadline has passed, and returns the same as found.
func foundBy(deadline time.Time, api, query string) (n int, err error) {
	query = strings.ReplaceAll(query, "$__rate_interval", "5s")
	n, err = found(api, query)
	for ; n == 0 && time.Now().Before(deadline); n, err = found(api, query) {
		time.Sleep(200 * time.Millisecond)
	}
	return n, err
}

// Each panel of the Grafana dashboard has data while Prometheus scrapes both twins under load, whether it stores
// native or classic histograms. Prometheus has no series of the other form.
func TestGrafanaDashboard(t *testing.T) {
	prometheus := testenv.Program(t, "prometheus", "prometheus")
	text, err := os.ReadFile("../../examples/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	if len(dashboard.Panels) < 8 {
		t.Errorf("it has %d panels", len(dashboard.Panels))
	}

	dir := programtest.Build(t, "forktax-hello", "forktax")
	p, err := subject.Describe(t.Context(), filepath.Join(dir, "forktax-hello"))
	if err != nil {
		t.Fatal(err)
	}
	l := subject.Launcher{Dir: dir, Exporter: filepath.Join(dir, "forktax")}
	var addresses []string
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	for _, model := range []string{subject.ScriptModel, plan.Baseline} {
		target, stop, err := l.Serve(t.Context(), p, subject.Variant{Model: model})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
		addresses = append(addresses, strings.TrimPrefix(target.AdminURL, "http://"))
		clients.Go(func() {
			for ctx.Err() == nil {
				if resp, err := http.Get(target.URL + p.Requests[0].Path); err == nil {
					io.Copy(io.Discard, resp.Body) // otherwise the connection would not be reused
					resp.Body.Close()
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	tests := map[string]struct {
		flags         []string
		stored, other string // queries for the stored form of histograms, and for the other form
	}{
		"classic histograms": {nil, "forktax_request_duration_seconds_count",
			"histogram_count(forktax_request_duration_seconds)"},
		"native histograms": {[]string{"--enable-feature=native-histograms"},
			"histogram_count(forktax_request_duration_seconds)", "forktax_request_duration_seconds_count"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api := scraping(t, prometheus, addresses, test.flags...)
			deadline := time.Now().Add(time.Minute)
			if n, err := foundBy(deadline, api, test.stored); n == 0 || err != nil {
				t.Errorf("%s has %d series, %v, want some", test.stored, n, err)
			}
			if n, err := found(api, test.other); n != 0 || err != nil {
				t.Errorf("%s has %d series, %v, want none", test.other, n, err)
			}
			for _, panel := range dashboard.Panels {
				for _, target := range panel.Targets {
					if n, err := foundBy(deadline, api, target.Expr); n == 0 || err != nil {
						t.Errorf("%s: %s has %d series with data, %v", panel.Title, target.Expr, n, err)
					}
				}
			}
		})
	}
}
