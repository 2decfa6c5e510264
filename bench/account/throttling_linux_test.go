package account_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/bench/account"
)

// written writes files to a new directory and replaces DIR in them by its path.
func written(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	half      = "50000 100000\n"
	period    = "100000\n"
	rootStat2 = "usage_usec 5500\nuser_usec 3800\nsystem_usec 1700\n" // no throttling counters
	stat2     = rootStat2 + "nr_periods 20\nnr_throttled 7\nthrottled_usec 1500\nnr_bursts 0\nburst_usec 0\n"
	idleStat2 = rootStat2 + "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"
	stat1     = "nr_periods 20\nnr_throttled 7\nthrottled_time 1500000\nnr_bursts 0\nburst_time 0\n"
	idleStat1 = "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"

	mount1 = "33 31 0:30 / DIR/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
	mount2 = "24 1 0:22 / / rw - ext4 /dev/vda rw\n42 31 0:38 / DIR/v2 rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
)

// Throttling is read from groups with limits, in both versions of control groups, at any mount point.
func TestLimiters(t *testing.T) {
	counted := account.Throttling{Periods: 20, Throttled: 7, Time: 1500 * time.Microsecond}
	tests := map[string]struct {
		files map[string]string
		want  account.Throttling
		cores float64
		none  bool
	}{
		"version 2": {files: map[string]string{"self/mountinfo": mount2, "self/cgroup": "0::/app\n",
			"v2/cpu.stat": rootStat2, "v2/app/cpu.stat": stat2, "v2/app/cpu.max": half}, want: counted, cores: 0.5},
		"version 2, with two limits in ancestors": {files: map[string]string{
			"self/mountinfo": mount2, "self/cgroup": "0::/pod/app/run\n", "v2/cpu.stat": rootStat2,
			"v2/pod/cpu.stat": stat2, "v2/pod/cpu.max": half,
			"v2/pod/app/cpu.stat": stat2, "v2/pod/app/cpu.max": "200000 100000\n",
			"v2/pod/app/run/cpu.stat": rootStat2},
			want: account.Throttling{Periods: 40, Throttled: 14, Time: 3 * time.Millisecond}, cores: 0.5},
		"version 2 without a limit": {files: map[string]string{"self/mountinfo": mount2, "self/cgroup": "0::/app\n",
			"v2/cpu.stat": rootStat2, "v2/app/cpu.stat": idleStat2, "v2/app/cpu.max": "max 100000\n"}},
		"version 2 without the controller": {none: true, files: map[string]string{"self/mountinfo": mount2,
			"self/cgroup": "0::/app\n", "v2/cpu.stat": rootStat2, "v2/app/cpu.stat": rootStat2}},
		"version 1": {files: map[string]string{"self/mountinfo": mount1,
			"self/cgroup":  "9:name=systemd:/\n4:cpu,cpuacct:/app\n",
			"cpu/cpu.stat": idleStat1, "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": period,
			"cpu/app/cpu.stat": stat1, "cpu/app/cpu.cfs_quota_us": "150000\n", "cpu/app/cpu.cfs_period_us": period},
			want: counted, cores: 1.5},
		"version 1 without a limit": {files: map[string]string{"self/mountinfo": mount1, "self/cgroup": "4:cpu:/\n",
			"cpu/cpu.stat": idleStat1, "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": period}},
		"version 1, mounted at the container's group": {files: map[string]string{
			"self/cgroup": "4:cpu:/docker/7f\n", "self/mountinfo": strings.Replace(mount1, " / ", " /docker/7f ", 1),
			"cpu/cpu.stat": stat1, "cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": period},
			want: counted, cores: 0.5},
		"version 1, mounted at another group": {none: true, files: map[string]string{
			"self/cgroup": "4:cpu:/docker/8a\n", "self/mountinfo": strings.Replace(mount1, " / ", " /docker/7f ", 1),
			"cpu/cpu.stat": stat1}},
		"version 1 and version 2": {files: map[string]string{"self/mountinfo": mount2 + mount1,
			"self/cgroup": "4:cpu:/app\n0::/\n", "v2/cpu.stat": rootStat2, "cpu/cpu.stat": idleStat1,
			"cpu/app/cpu.stat": stat1, "cpu/app/cpu.cfs_quota_us": "50000\n", "cpu/app/cpu.cfs_period_us": period},
			want: counted, cores: 0.5},
		"a mount point with a blank": {files: map[string]string{"self/cgroup": "0::/\n",
			"self/mountinfo": strings.Replace(mount2, "v2", `a\040b`, 1), "a b/cpu.stat": stat2, "a b/cpu.max": half},
			want: counted, cores: 0.5},
		"no control groups": {none: true, files: map[string]string{"self/cgroup": "",
			"self/mountinfo": "24 1 0:22 / / rw - ext4 /dev/vda rw\n"}},
		"no /proc": {none: true},
		"invalid counter": {none: true, files: map[string]string{"self/mountinfo": mount2, "self/cgroup": "0::/\n",
			"v2/cpu.stat": "nr_throttled x\n"}},
		"truncated file": {none: true, files: map[string]string{"self/mountinfo": mount2, "self/cgroup": "0::/\n",
			"v2/cpu.stat": "nr_peri"}},
		"a limit without counters": {none: true, cores: 0.5, files: map[string]string{"self/mountinfo": mount2,
			"self/cgroup": "0::/\n", "v2/cpu.stat": rootStat2, "v2/cpu.max": half}},
		"a group that has ended": {none: true, files: map[string]string{"self/mountinfo": mount2,
			"self/cgroup": "0::/gone\n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := account.LimitersIn(written(t, test.files), 0)
			defer l.Close()
			got, known := l.Read()
			if got != test.want || known == test.none || l.Limit().Cores() != test.cores {
				t.Errorf("Read = %+v, %t, limit %v; want %+v, %t, %g cores", got, known, l.Limit(), test.want,
					!test.none, test.cores)
			}
		})
	}
}

// Readings follow the open files until Close. A server in the groups of this process has the same Limiters.
func TestLimitersFollow(t *testing.T) {
	dir := written(t, map[string]string{"self/mountinfo": mount2, "self/cgroup": "0::/app\n",
		"7/cgroup": "0::/app/7\n",
		"8/cgroup": "0::/other\n", "v2/app/cpu.stat": stat2, "v2/app/cpu.max": half, "v2/app/7/cpu.stat": rootStat2,
		"v2/other/cpu.stat": stat2, "v2/other/cpu.max": half})
	own, same, other := account.LimitersIn(dir, 0), account.LimitersIn(dir, 7), account.LimitersIn(dir, 8)
	if !own.Same(same) || own.Same(other) || own.Same(nil) {
		t.Errorf("groups are the same: %t, %t, %t; want true, false, false", own.Same(same), own.Same(other),
			own.Same(nil))
	}
	before, _ := own.Read()
	later := strings.NewReplacer("nr_periods 20", "nr_periods 24", "nr_throttled 7", "nr_throttled 10",
		"throttled_usec 1500", "throttled_usec 121500").Replace(stat2)
	if err := os.WriteFile(filepath.Join(dir, "v2/app/cpu.stat"), []byte(later), 0o644); err != nil {
		t.Fatal(err)
	}
	after, known := own.Read()
	want := account.Throttling{Periods: 4, Throttled: 3, Time: 120 * time.Millisecond}
	if got := after.Sub(before); got != want || !known {
		t.Errorf("the difference is %+v, %t, want %+v", got, known, want)
	}
	for _, l := range []*account.Limiters{own, same, other, nil} {
		l.Close()
		if _, known := l.Read(); known && l == nil {
			t.Error("Read of closed Limiters succeeds")
		}
	}
}

// The groups of this process can be read.
func TestOwnLimiters(t *testing.T) {
	own, other := account.LimitersOf(0), account.LimitersOf(os.Getpid())
	defer own.Close()
	defer other.Close()
	if !own.Same(other) {
		t.Error("LimitersOf(0) and LimitersOf(own PID) differ")
	}
	if _, known := own.Read(); known != (own != nil) {
		t.Errorf("Read reports %t of %v", known, own)
	}
}

func BenchmarkLimiters(b *testing.B) {
	l := account.LimitersOf(0)
	defer l.Close()
	if l == nil {
		b.Skip("this process has no CPU limit or counters")
	}
	for b.Loop() {
		l.Read()
	}
}
