package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"forktax/bench"
	"forktax/twin"
)

// The serving process has the heap, and the child that it starts has not.
func TestHeapIsTheHostsOwn(t *testing.T) {
	const heap = 256 << 20
	t.Setenv(heapVariable, "256MiB")
	ctx, cancel := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	ended := make(chan int, 1)
	var log bytes.Buffer
	go func() {
		ended <- twin.Run(ctx, workload, []string{"serve", "-model", "cgi"}, nil, stdout, &log)
		stdout.Close()
	}()
	line, _ := bufio.NewReader(output).ReadString('\n')
	var url, admin string
	if _, err := fmt.Sscanf(line, "ready %s %s\n", &url, &admin); err != nil {
		t.Fatalf("serve printed %q; its log:\n%s", line, &log)
	}
	if got := text(t, url); got != "hello\n" {
		t.Errorf("GET / = %q", got)
	}
	var u bench.Usage
	if err := json.Unmarshal([]byte(text(t, admin+"/usage")), &u); err != nil {
		t.Fatal(err)
	}
	if u.PeakMemoryBytes < heap || u.ChildPeakMemoryBytes >= heap || u.ChildPeakMemoryBytes == 0 {
		t.Errorf("the host had %d bytes and its child %d, want at least %d and fewer", u.PeakMemoryBytes,
			u.ChildPeakMemoryBytes, heap)
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("serve ended with status %d; its log:\n%s", code, &log)
	}
}

// A machine that has not so much memory is not made to find out.
func TestHeapIsBounded(t *testing.T) {
	t.Setenv(heapVariable, "1000000000MiB")
	var log bytes.Buffer
	code := twin.Run(t.Context(), workload, []string{"serve", "-model", "cgi"}, nil, io.Discard, &log)
	if code != 1 || !strings.Contains(log.String(), "so much memory is not there") {
		t.Errorf("serve with %s=1000000000MiB: status %d, %q; want 1 and why", heapVariable, code, &log)
	}
}
