package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"forktax/workload"
)

// A machine that has not so much memory is not made to find out.
func TestHeapIsBounded(t *testing.T) {
	t.Setenv(heapVariable, "1000000000MiB")
	var log bytes.Buffer
	code := workload.Run(t.Context(), startup, []string{"serve", "-model", "cgi"}, nil, io.Discard, &log)
	if code != 1 || !strings.Contains(log.String(), "so much memory is not there") {
		t.Errorf("serve with %s=1000000000MiB: status %d, %q; want 1 and why", heapVariable, code, &log)
	}
}
