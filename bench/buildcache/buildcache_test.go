package buildcache_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/buildcache"
)

// useEntry is the variable that names the entry that this test program, run as a child, uses until its standard input
// ends.
const useEntry = "BUILDCACHE_TEST_USE"

func TestMain(m *testing.M) {
	if name := os.Getenv(useEntry); name != "" {
		if _, _, err := buildcache.Programs(name); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("ready\n")
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const kb = 1000

// newCache sets a new user cache, and returns its directory.
func newCache(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	root, err := buildcache.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// write writes a file of the given size. The modification time of the file and the two directories above it is ago
// before now.
func write(t *testing.T, name string, size int, now time.Time, ago time.Duration) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, make([]byte, size), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{name, filepath.Dir(name), filepath.Dir(filepath.Dir(name))} {
		if err := os.Chtimes(path, now.Add(-ago), now.Add(-ago)); err != nil {
			t.Fatal(err)
		}
	}
}

// files lists the files in the cache, sorted.
func files(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// Prune removes entries that were not used for 14 days, and then the least recently used, until the rest is small
// enough.
func TestPrune(t *testing.T) {
	const (
		hour, day = time.Hour, 24 * time.Hour
		no        = -1 // no mark
	)
	type entry struct {
		name         string
		size         int
		built, used  time.Duration // ago; used is the time of its mark
		wantsRemoval bool
	}
	programs := func(name string) string { return name + "/forktax-hello" }
	for name, test := range map[string]struct {
		limit   int64
		entries []entry
	}{
		"neither old nor large": {10 * kb, []entry{
			{programs("00000000000a"), kb, 13 * day, no, false},
			{"revisions/00000000000a-00000000000b", kb, 2 * day, no, false}}},
		"old": {10 * kb, []entry{
			{programs("00000000000a"), kb, 15 * day, no, true},
			{programs("00000000000b"), kb, 13 * day, no, false},
			{"revisions/00000000000a-00000000000b", kb, 15 * day, no, true}}},
		"old but used": {10 * kb, []entry{
			{programs("00000000000a"), kb, 90 * day, 15 * day, true},
			{programs("00000000000b"), kb, 90 * day, day, false},
			{"revisions/00000000000a-00000000000b", kb, 90 * day, day, false}}},
		"a directory of variants in one of programs": {10 * kb, []entry{
			{"00000000000a/00000000000b/forktax-hello", kb, 15 * day, no, true}}},
		"too large: the least recently used are removed": {2 * kb, []entry{
			{programs("00000000000a"), kb, 3 * day, 3 * day, false},
			{programs("00000000000b"), kb, 9 * day, 2 * day, false},
			{programs("00000000000c"), kb, 4 * day, 4 * day, true},
			{"revisions/00000000000a-00000000000b", kb, 5 * day, 4 * day, true}}},
		"too large, of an older forktax": {kb, []entry{
			{programs("00000000000a"), kb, 13 * day, no, false},
			{programs("00000000000b"), kb, 15 * day, no, true},
			{programs("00000000000c"), kb, 4 * day, 4 * day, false}}},
		"too large, some of an older forktax": {kb, []entry{
			{programs("00000000000a"), kb, 13 * day, no, false},
			{programs("00000000000c"), 2 * kb, 4 * day, 4 * day, true}}},
		"too large, all of the last hour": {kb, []entry{
			{programs("00000000000a"), kb, hour / 2, hour / 2, false},
			{programs("00000000000b"), kb, 9 * day, hour / 2, false}}},
		"other files": {kb, []entry{
			{"notes/forktax-hello", kb, 99 * day, no, false},
			{"revisions/unfinished-ABC/out", kb, 99 * day, no, false},
			{"revisions/README", kb, 99 * day, no, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			root, now := newCache(t), time.Now()
			var want []string
			for _, e := range test.entries {
				write(t, filepath.Join(root, e.name), e.size, now, e.built)
				mark := "used/" + strings.TrimPrefix(strings.TrimSuffix(e.name, "/forktax-hello"), "revisions/")
				if e.used != no {
					write(t, filepath.Join(root, mark), 0, now, e.used)
				}
				if !e.wantsRemoval {
					want = append(want, e.name)
				}
				if !e.wantsRemoval && e.used != no {
					want = append(want, mark)
				}
			}
			slices.Sort(want)
			buildcache.PruneAt(root, now, test.limit)
			if diff := cmp.Diff(want, files(t, root)); diff != "" {
				t.Errorf("files after prune (-want +got):\n%s", diff)
			}
		})
	}
}

// Prune keeps an entry while any process uses it, and removes it after the last one has ended.
func TestPruneLeavesWhatIsInUse(t *testing.T) {
	const name = "00000000000a"
	root, later := newCache(t), time.Now().Add(30*24*time.Hour)
	file := filepath.Join(root, name, "forktax-hello")
	ends := []func(){startUser(t, name), startUser(t, name)}
	write(t, file, kb, time.Now(), 0)
	for _, end := range ends {
		buildcache.PruneAt(root, later, 0)
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("prune removed an entry in use: %v", err)
		}
		end()
	}
	buildcache.PruneAt(root, later, 0)
	if left := files(t, root); left != nil {
		t.Errorf("after its users have ended, prune left %q", left)
	}
}

// startUser starts a process that uses the entry, and returns a function that ends it.
func startUser(t *testing.T, name string) (end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), useEntry+"="+name, "GORACE=atexit_sleep_ms=0")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process that uses %s: %v", name, err)
		}
	})
	t.Cleanup(end)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the process that uses %s printed %q, %v", name, line, err)
	}
	return end
}

// A process that prunes keeps the entries that it uses. Using an entry again updates its mark.
func TestUse(t *testing.T) {
	root := newCache(t)
	dir, made, err := buildcache.Programs("00000000000a")
	if err != nil || !made || dir != filepath.Join(root, "00000000000a") {
		t.Fatalf("Programs = %q, %t, %v; want it created", dir, made, err)
	}
	path, err := buildcache.Revision("00000000000a-00000000000b")
	if err != nil || path != filepath.Join(root, "revisions", "00000000000a-00000000000b") {
		t.Fatalf("Revision = %q, %v", path, err)
	}
	write(t, path, kb, time.Now(), 0)
	write(t, filepath.Join(dir, "forktax-hello"), kb, time.Now(), 0)
	mark := filepath.Join(root, "used", "00000000000a")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(mark, old, old); err != nil {
		t.Fatal(err)
	}
	if _, made, err := buildcache.Programs("00000000000a"); err != nil || made {
		t.Errorf("Programs again = %t, %v; want false", made, err)
	}
	if info, err := os.Stat(mark); err != nil || info.ModTime().Equal(old) {
		t.Errorf("mark after another use: %v, %v; want the time of the use", info, err)
	}
	buildcache.PruneAt(root, time.Now().Add(30*24*time.Hour), 0)
	want := []string{"00000000000a/forktax-hello", "revisions/00000000000a-00000000000b", "used/00000000000a",
		"used/00000000000a-00000000000b"}
	if diff := cmp.Diff(want, files(t, root)); diff != "" {
		t.Errorf("files after prune (-want +got):\n%s", diff)
	}
}

// In any interleaving of uses and prunes, an entry in use keeps its file.
func TestPruneWhileOthersBegin(t *testing.T) {
	root := newCache(t)
	later := time.Now().Add(30 * 24 * time.Hour)
	const name = "00000000000a"
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				buildcache.PruneAt(root, later, 0)
				time.Sleep(time.Millisecond)
			}
		}
	}()
	for range 5 {
		end := startUser(t, name)
		file := filepath.Join(root, name, "forktax-hello")
		if err := os.WriteFile(file, nil, 0o755); err != nil {
			t.Errorf("writing into an entry in use: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
		if _, err := os.Stat(file); err != nil {
			t.Errorf("an entry in use has lost its file: %v", err)
		}
		end()
	}
	close(stop)
	<-stopped
}
