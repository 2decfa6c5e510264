package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"forktax/workload"
)

// A heap larger than the available memory is refused.
func TestHeapIsBounded(t *testing.T) {
	t.Setenv(heapVariable, "1000000000MiB")
	var log bytes.Buffer
	code := workload.Run(t.Context(), startup, []string{"serve", "-model", "cgi"}, nil, io.Discard, &log)
	if code != 1 || !strings.Contains(log.String(), "exceeds the available memory") {
		t.Errorf("serve with %s=1000000000MiB: status %d, %q; want 1 and the reason", heapVariable, code, &log)
	}
}
