package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Framings other than a Content-Length.
const (
	chunked = -1
	noBody  = -2
)

// framings are scripts by their paths, with the framing of their responses according to docs/contract.md.
var framings = map[string]struct {
	script string
	want   int64
	waits  bool // until the client has the header
}{
	"short":           {script: plainHead + "zeros 2048", want: 2048},
	"empty":           {script: plainHead, want: 0},
	"long":            {script: plainHead + "zeros 2049", want: chunked},
	"longer":          {script: plainHead + "zeros 100000", want: chunked},
	"length":          {script: "printf 'Content-Length: 100000\\n'; " + plainHead + "zeros 100000", want: 100_000},
	"pause":           {script: plainHead + "printf x; pause", want: chunked, waits: true},
	"length-pause":    {script: "printf 'Content-Length: 1\\n'; " + plainHead + "printf x; pause", want: 1, waits: true},
	"wrong-length":    {script: "printf 'Content-Length: 7\\n'; " + plainHead + "zeros 4096", want: 4096},
	"without-content": {script: "printf 'Status: 304\\n'; " + plainHead + "printf x", want: noBody},
}

func TestFraming(t *testing.T) {
	dir := t.TempDir()
	text := "#!/bin/sh\nzeros() { head -c $1 /dev/zero; }\n" +
		"pause() { until [ -e " + dir + "$PATH_INFO ]; do sleep 0.02; done; }\ncase $PATH_INFO in\n"
	for name, framing := range framings {
		text += "/" + name + ") " + framing.script + ";;\n"
	}
	url := startHost(t, written(t, "framed", text+"esac\n", 0o755)).url
	for name, framing := range framings {
		if framing.waits {
			continue
		}
		for end := time.Now().Add(patience); ; {
			got := readFraming(t, url+"/"+name, func() {})
			if got == framing.want {
				break
			}
			// On a busy machine a child may pause anywhere, which makes the response chunked; try again then.
			if framing.want == chunked || time.Now().After(end) {
				t.Errorf("/%s: %d, want %d", name, got, framing.want)
				break
			}
		}
	}
	for name, framing := range framings {
		if !framing.waits {
			continue
		}
		got := readFraming(t, url+"/"+name, func() {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Error(err)
			}
		})
		if got != framing.want {
			t.Errorf("/%s: %d, want %d", name, got, framing.want)
		}
	}
}

// readFraming returns the framing of a response: its Content-Length, chunked or noBody. It calls headed after the
// header was received.
func readFraming(t *testing.T, url string, headed func()) int64 {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	headed()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(resp.TransferEncoding) > 0:
		return chunked
	case resp.Header.Get("Content-Length") == "":
		return noBody
	}
	return resp.ContentLength
}
