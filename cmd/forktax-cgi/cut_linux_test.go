package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/testenv"
)

const patience = 30 * time.Second

// cuts are scripts, by their paths, whose responses are aborted.
var cuts = map[string]string{
	"dies":    `head -c 300000 /dev/zero; kill -9 $$`,
	"silent":  `head -c 300000 /dev/zero; sleep 60`,
	"endless": `exec yes`,
}

// cutHost serves the cuts, and a complete response, by a host with tight limits.
func cutHost(t *testing.T) *host {
	t.Helper()
	text := "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\ncase $PATH_INFO in\n"
	for name, script := range cuts {
		text += "/" + name + ") " + script + ";;\n"
	}
	return startHost(t, written(t, "cuts", text+"*) head -c 300000 /dev/zero;;\nesac\n", 0o755),
		"-idle-timeout", "500ms", "-max-response", "1MiB")
}

// An HTTP/1.0 client, which takes the end of the connection for the end of the response, notices an aborted response.
func TestCutForHTTP10(t *testing.T) {
	h := cutHost(t)
	for path := range cuts {
		if n, err := by10(t, h, path); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("/%s: %d bytes, then %v; want %v", path, n, err, syscall.ECONNRESET)
		}
	}
	if n, err := by10(t, h, "whole"); n != 300_000 || err != nil {
		t.Errorf("/whole: %d bytes, then %v; want 300000", n, err)
	}
}

// by10 reads the body of a response to an HTTP/1.0 client.
func by10(t *testing.T, h *host, path string) (int64, error) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "GET /%s HTTP/1.0\r\n\r\n", path)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0, err
	}
	return io.Copy(io.Discard, resp.Body)
}

// An HTTP/1.0 client notices an aborted response also if the host is killed.
func TestKilledHostForHTTP10(t *testing.T) {
	h := startHost(t, written(t, "hangs", "#!/bin/sh\n"+plainHead+"head -c 300000 /dev/zero; sleep 5\n", 0o755))
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
	if _, err := io.ReadFull(c, make([]byte, 300_000)); err != nil {
		t.Fatal(err)
	}
	h.kill()
	if n, err := io.Copy(io.Discard, c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%d more bytes, then %v; want %v", n, err, syscall.ECONNRESET)
	}
}

// curl notices aborted responses, also behind nginx, which uses HTTP/1.0 for its upstream servers.
func TestCutForPrograms(t *testing.T) {
	curl := testenv.Program(t, "curl", "curl")
	h := cutHost(t)
	front := nginx(t, h.url)
	for name, args := range map[string][]string{
		"HTTP/1.0":               {"--http1.0", h.url},
		"HTTP/1.1":               {"--http1.1", h.url},
		"HTTP/1.1, last":         {"--http1.1", "--header", "Connection: close", h.url},
		"HTTP/1.1, behind nginx": {"--http1.1", front},
	} {
		url := args[len(args)-1]
		get := func(path string) (string, error) {
			all := append([]string{"--silent", "--max-time", "30", "--output", "/dev/null", "--write-out",
				"%{size_download} bytes"}, args[:len(args)-1]...)
			out, err := exec.Command(curl, append(all, url+"/"+path)...).Output()
			return string(out), err
		}
		if out, err := get("whole"); out != "300000 bytes" || err != nil {
			t.Errorf("%s: /whole: %s, %v; want 300000 bytes", name, out, err)
		}
		for path := range cuts {
			if out, err := get(path); err == nil {
				t.Errorf("%s: /%s: %s and no error, want an error", name, path, out)
			}
		}
	}
}

// nginx starts nginx as a proxy of the URL behind, until the test ends, and returns its own URL.
func nginx(t *testing.T, behind string) (url string) {
	t.Helper()
	path := testenv.Program(t, "nginx", "nginx-light")
	ln, err := net.Listen("tcp", "127.0.0.1:0") // finds a free port
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	dir := t.TempDir()
	conf := "daemon off; master_process off; pid nginx.pid; error_log stderr crit; events {}\nhttp { access_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + kind + ";\n"
	}
	conf += "server { listen " + addr + "; location / { proxy_pass " + behind + "; } } }\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-c", file)
	var output syncBuffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return "http://" + addr
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not listen on %s:\n%s", addr, output.String())
		}
	}
}
