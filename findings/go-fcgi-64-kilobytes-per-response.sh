#!/usr/bin/env bash
# Go 1.26.8, net/http/fcgi: each response allocates a buffer of 64 KiB for standard output, however short the response is.
# net/http needs some hundred bytes for the same response. So the garbage of 64 responses starts a collection, and the first
# 64 requests of a process touch 4 MiB of fresh memory, a page fault for each 4 KiB: in servers that replace their workers
# after some requests, this costs more than the start of the process.
# Seen: 69 kB per request for a response of 5 bytes, with kept connections and without the client; below 2 kB by net/http.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go version
go mod init example.org/memory 2>/dev/null
cat >main.go <<'END'
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"runtime"
)

// record is a FastCGI record of request 1.
func record(kind byte, content string) []byte {
	head := []byte{1, kind, 0, 1, byte(len(content) >> 8), byte(len(content)), 0, 0}
	return append(head, content...)
}

func parameters(pairs ...string) (text string) {
	for i := 0; i < len(pairs); i += 2 {
		text += string([]byte{byte(len(pairs[i])), byte(len(pairs[i+1]))}) + pairs[i] + pairs[i+1]
	}
	return text
}

// spent returns the bytes that the process allocates for a request, over a connection, which ends with the bytes end.
func spent(address string, request, end []byte) uint64 {
	conn, err := net.Dial("unix", address)
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	answer := make([]byte, 4096)
	ask := func() {
		if _, err := conn.Write(request); err != nil {
			panic(err)
		}
		for n := 0; !bytes.Contains(answer[:n], end); {
			m, err := conn.Read(answer[n:])
			if err != nil {
				panic(err)
			}
			n += m
		}
	}
	ask()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 200 {
		ask()
	}
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) / 200
}

func main() {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	serve := func(name string, serve func(net.Listener, http.Handler) error) {
		listener, err := net.Listen("unix", name)
		if err != nil {
			panic(err)
		}
		go serve(listener, hello)
	}
	serve("fcgi", fcgi.Serve)
	serve("http", http.Serve)
	variables := parameters("REQUEST_METHOD", "GET", "SERVER_PROTOCOL", "HTTP/1.1", "REQUEST_URI", "/", "HTTP_HOST", "localhost")
	const keep = "\x00\x01\x01\x00\x00\x00\x00\x00" // a responder whose connection is kept
	request := bytes.Join([][]byte{record(1, keep), record(4, variables), record(4, ""), record(5, "")}, nil)
	byFastCGI := spent("fcgi", request, []byte{1, 3, 0, 1}) // the end of the request
	byHTTP := spent("http", []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), []byte("hello"))
	fmt.Printf("bytes allocated for a response of 5 bytes: %d by FastCGI, %d by HTTP\n", byFastCGI, byHTTP)
	if byFastCGI < 60_000 || byHTTP > 4_000 {
		os.Exit(1)
	}
}
END
go run .
