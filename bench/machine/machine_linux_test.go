package machine_test

import (
	"os"
	"strings"
	"testing"

	"forktax/bench/machine"
)

func TestEnvironmentOfLinux(t *testing.T) {
	e := machine.Environment()
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(string(kernel)); e.Kernel != want {
		t.Errorf("Kernel = %q, want %q", e.Kernel, want)
	}
	if e.MemoryBytes < 1<<20 || e.Load1 < 0 {
		t.Errorf("MemoryBytes = %d, Load1 = %g", e.MemoryBytes, e.Load1)
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(info), "model name") && (e.CPU == "" || strings.Contains(e.CPU, "  ")) { // ARM has none
		t.Errorf("CPU = %q", e.CPU)
	}
}
