package process_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"forktax/bench/process"
)

// A last message is printed, but a full pipe does not keep the process.
func TestPrintBriefly(t *testing.T) {
	var text strings.Builder
	process.PrintBriefly(&text, "the end\n")
	if text.String() != "the end\n" {
		t.Errorf("printed %q", text.String())
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	ended := make(chan struct{})
	go func() {
		process.PrintBriefly(write, strings.Repeat("x", 1<<20))
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("PrintBriefly waits for a full pipe")
	}
}
