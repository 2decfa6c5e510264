package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"forktax/bench/testenv"
)

// halfCore lists the ways to limit a cgroup to half a core, 50 ms of each 100 ms, for both versions of cgroups: where
// they are mounted, and their files for the limit and the weight. The weight ensures that the cgroup gets its half
// core on a busy machine, too.
var halfCore = []struct{ mount, file, text, weightFile, weight string }{
	{"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "50000", "cpu.shares", "262144"}, // version 1, period 100 ms
	{"/sys/fs/cgroup", "cpu.max", "50000 100000", "cpu.weight", "10000"},
}

// newQuota creates a cgroup whose processes may use half a core in total.
func newQuota() (dir string, err error) {
	for _, limit := range halfCore {
		made, failed := os.MkdirTemp(limit.mount, "forktax-test-")
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		failed = errors.Join(os.WriteFile(filepath.Join(made, limit.file), []byte(limit.text), 0),
			os.WriteFile(filepath.Join(made, limit.weightFile), []byte(limit.weight), 0))
		if failed == nil {
			return made, nil
		}
		err = errors.Join(err, failed, os.Remove(made))
	}
	return "", err
}

// hasQuota reports whether a cgroup can be limited here, which requires root and the controller cpu.
func hasQuota() (bool, error) {
	dir, err := newQuota()
	if err == nil {
		err = os.Remove(dir)
	}
	return testenv.Has(err)
}

// quota is a script command. It creates a cgroup limited to half a core until the script ends, and sets QUOTA to its
// directory.
func quota(ts *testscript.TestScript, _ bool, _ []string) {
	dir, err := newQuota()
	ts.Check(err)
	ts.Defer(func() { ts.Check(eventually(func() error { return os.Remove(dir) })) }) // fails until its processes end
	ts.Setenv("QUOTA", dir)
}
