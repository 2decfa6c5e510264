//go:build slow

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"forktax/workload"
	"forktax/workload/contract"
)

// The serving process has the heap, and its child does not.
func TestHeapIsTheHostsOwn(t *testing.T) {
	const heap = 256 << 20
	t.Setenv(heapVariable, "256MiB")
	ctx, cancel := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	ended := make(chan int, 1)
	var log bytes.Buffer
	go func() {
		ended <- workload.Run(ctx, startup, []string{"serve", "-model", "cgi"}, nil, stdout, &log)
		stdout.Close()
	}()
	line, _ := bufio.NewReader(output).ReadString('\n')
	var url, admin string
	if _, err := fmt.Sscanf(line, "ready %s %s\n", &url, &admin); err != nil {
		t.Fatalf("serve printed %q; log:\n%s", line, &log)
	}
	if got := text(t, url); got != "hello\n" {
		t.Errorf("GET / = %q", got)
	}
	var u contract.Usage
	if err := json.Unmarshal([]byte(text(t, admin+"/usage")), &u); err != nil {
		t.Fatal(err)
	}
	if u.PeakMemoryBytes < heap || u.ChildPeakMemoryBytes >= heap || u.ChildPeakMemoryBytes == 0 {
		t.Errorf("peak memory of the host = %d, of its child = %d; want at least %d, and less", u.PeakMemoryBytes,
			u.ChildPeakMemoryBytes, heap)
	}
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("serve ended with status %d, want 0; log:\n%s", code, &log)
	}
}
