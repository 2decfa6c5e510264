package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/testenv"
	"forktax/workload"
	"forktax/workload/contract"
)

// written writes a file in a temporary directory and returns its path.
func written(t *testing.T, name, text string, mode os.FileMode) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	syscall.ForkLock.RLock() // otherwise a child of another goroutine can inherit the open file (ETXTBSY)
	err := os.WriteFile(path, []byte(text), mode)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// served serves the script until the test ends, and returns the URL.
func served(t *testing.T, path string) (url string) {
	t.Helper()
	t.Setenv(contract.EnvScriptPath, path)
	stdin, input := io.Pipe()
	output, stdout := io.Pipe()
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- workload.Run(t.Context(), program, []string{"serve", "-model", "cgi-direct"}, stdin, stdout, &log)
		stdout.Close()
	}()
	line, err := bufio.NewReader(output).ReadString('\n')
	var admin string
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &url, &admin); scanned != nil {
		t.Fatalf("serve printed %q (%v), want ready <url> <admin url>", line, err)
	}
	t.Cleanup(func() {
		input.Close()
		if code := <-ended; code != 0 {
			t.Errorf("serve: status %d, want 0; log:\n%s", code, &log)
		}
	})
	return url
}

func ask(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

const shellScript = `#!/bin/sh
printf 'Status: 201 Made\nContent-Type: text/plain\n\n'
echo "$REQUEST_METHOD $PATH_INFO $QUERY_STRING $(cat)"
echo "$# arguments of $0 in $(pwd)"
echo "$TZ, $SCRIPT_TEST_SECRET"
`

// A script gets the request, its own directory as working directory, no arguments, and the variables of all children.
func TestShellScript(t *testing.T) {
	t.Setenv("TZ", "Europe/Vienna")
	t.Setenv("SCRIPT_TEST_SECRET", "secret")
	path := written(t, "script", shellScript, 0o755)
	url := served(t, path)
	want := fmt.Sprintf("POST /a/b c=d some body\n0 arguments of %s in %s\nEurope/Vienna, \n", path, filepath.Dir(path))
	for range 2 {
		status, got := ask(t, http.MethodPost, url+"/a/b?c=d", "some body")
		if status != http.StatusCreated || got != want {
			t.Errorf("POST = %d %q, want 201 %q", status, got, want)
		}
	}
}

const pythonScript = `#!/usr/bin/env python3
import os, sys
from beside import greeting
body = sys.stdin.read(int(os.environ.get("CONTENT_LENGTH") or 0))
print("Content-Type: text/plain\n")
print(greeting, os.environ["REQUEST_METHOD"], os.environ["QUERY_STRING"], body, len(sys.argv), os.getcwd())
`

func TestPythonScript(t *testing.T) {
	testenv.Program(t, "python3", "python3")
	path := written(t, "script.py", pythonScript, 0o755)
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "beside.py"), []byte(`greeting = "hello,"`), 0o600); err != nil {
		t.Fatal(err)
	}
	url := served(t, path)
	for method, want := range map[string]string{
		http.MethodGet:  fmt.Sprintf("hello, GET a=b  1 %s\n", dir),
		http.MethodPost: fmt.Sprintf("hello, POST a=b some body 1 %s\n", dir),
	} {
		body := ""
		if method == http.MethodPost {
			body = "some body"
		}
		if status, got := ask(t, method, url+"/?a=b", body); status != http.StatusOK || got != want {
			t.Errorf("%s = %d %q, want 200 %q", method, status, got, want)
		}
	}
}

// A file that cannot be executed is reported before the program serves.
func TestInvalidScript(t *testing.T) {
	check := func(path, want string) {
		t.Helper()
		t.Setenv(contract.EnvScriptPath, path)
		var out, stderr bytes.Buffer
		args := []string{"serve", "-model", "cgi-direct"}
		code := workload.Run(t.Context(), program, args, strings.NewReader(""), &out, &stderr)
		if code != 1 || out.Len() > 0 || !strings.Contains(stderr.String(), want) {
			t.Errorf("SCRIPT_PATH=%s: status %d, output %q, message %q; want 1, none, %q", path, code, &out, &stderr, want)
		}
	}
	check("", "SCRIPT_PATH is not set")
	check("./script", `SCRIPT_PATH is "./script": must be an absolute path`)
	check(filepath.Join(t.TempDir(), "missing"), "no such file")
	check("/dev/null", "permission denied")
	check(written(t, "plain", shellScript, 0o644), "chmod +x")
}

// The description does not need the script.
func TestDescribe(t *testing.T) {
	t.Setenv(contract.EnvScriptPath, "")
	var out bytes.Buffer
	if code := workload.Run(t.Context(), program, []string{"describe"}, nil, &out, io.Discard); code != 0 {
		t.Fatalf("describe: status %d, want 0", code)
	}
	var d contract.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	want := contract.Description{Contract: contract.Version, Name: "script", About: program.About,
		Models:   []string{"cgi", "cgi-direct", "zygote"},
		Requests: []contract.Request{{Name: "get", Method: "GET", Path: "/", Want: contract.Want{Status: 200}}}}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("describe (-want +got):\n%s", diff)
	}
}
