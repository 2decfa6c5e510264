package contract_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// Another process reads the same clock: its reading is between two of this process.
func TestNowIsSharedByProcesses(t *testing.T) {
	python := testenv.Program(t, "python3", "python3")
	before := contract.Now()
	out, err := exec.Command(python, "-c", "import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))").Output()
	after := contract.Now()
	if err != nil {
		t.Fatal(err)
	}
	between, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil || between < before || between > after {
		t.Errorf("reading of another process = %d (%v), want between %d and %d", between, err, before, after)
	}
}
