package account

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mostThreads bounds the duration of a reading: with more threads the wait is unknown. Reading a thread takes 1.5 µs,
// and the two readings of a 20 ms block must take less than 0.5% of it.
const mostThreads = 32

// fewFiles is a limit on open files below which a load needs all of them.
const fewFiles = 1024

// A RunQueue sums up how long threads waited for a CPU or were throttled while ready to run. The source is
// /proc/PID/task/TID/schedstat, since /proc/PID/schedstat covers only the main thread. The files stay open, so a thread
// is read in about a microsecond. A nil RunQueue means that there is none. It is used by one goroutine at a time.
type RunQueue struct {
	processes []*threads
	failed    bool // the wait is unknown from now on
}

// threads holds the threads of a process.
type threads struct {
	path  string   // path of dir
	dir   *os.File // /proc/PID/task
	all   []thread
	ended time.Duration // wait of ended threads, as last read
	ran   bool          // a thread has used CPU time, so the kernel maintains the counters
	buf   [96]byte
}

type thread struct {
	tid  string
	stat *os.File
	wait time.Duration
}

// RunQueueOf returns the RunQueue of a process. It returns nil if the process cannot be read, or if the limit on open
// files is below fewFiles.
func RunQueueOf(pid int) *RunQueue { return runQueueOf("/proc", pid) }

// RunQueueOfTree returns the RunQueue of a process and its living descendants. Children that start later are not
// included.
func RunQueueOfTree(pid int) *RunQueue { return runQueueOf("/proc", tree(pid)...) }

// runQueueOf returns the RunQueue of processes in proc, a directory like /proc. The first process must exist.
func runQueueOf(proc string, pids ...int) *RunQueue {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil || files.Cur < fewFiles {
		return nil
	}
	q := &RunQueue{}
	for i, pid := range pids {
		path := filepath.Join(proc, strconv.Itoa(pid), "task")
		dir, err := os.Open(path)
		if err == nil {
			q.processes = append(q.processes, &threads{path: path, dir: dir})
		} else if i == 0 {
			return nil
		}
	}
	if _, known := q.Read(); !known {
		q.Close()
		return nil
	}
	return q
}

// tree returns a process and its descendants. It reads the lists of children, which is cheaper than reading all
// processes. On a kernel without them (CONFIG_PROC_CHILDREN) it returns only the process.
func tree(pid int) []int {
	all := []int{pid}
	for i := 0; i < len(all) && len(all) <= mostThreads; i++ {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/children", all[i]))
		for _, file := range files {
			text, _ := os.ReadFile(file)
			for child := range strings.FieldsSeq(string(text)) {
				if n, err := strconv.Atoi(child); err == nil {
					all = append(all, n)
				}
			}
		}
	}
	return all
}

// Read returns how long the threads have waited so far; the value never decreases. It reports false if that is unknown,
// or if the first process has ended.
func (q *RunQueue) Read() (wait time.Duration, known bool) {
	if q == nil || q.failed || len(q.processes) == 0 {
		return 0, false
	}
	n, ran := 0, false
	for _, p := range q.processes {
		if !p.read() {
			q.failed = true
		}
		n += len(p.all)
		ran = ran || p.ran
		wait += p.waited()
	}
	if q.failed || n > mostThreads || !ran {
		q.Close()
		return 0, false
	}
	return wait, len(q.processes[0].all) > 0
}

// Close closes the files.
func (q *RunQueue) Close() {
	if q == nil {
		return
	}
	q.failed = true
	for _, p := range q.processes {
		p.dir.Close()
		for _, t := range p.all {
			t.stat.Close()
		}
		p.all = nil
	}
}

func (p *threads) waited() time.Duration {
	sum := p.ended
	for _, t := range p.all {
		sum += t.wait
	}
	return sum
}

// read reads all threads, including new ones. It reports false if a thread cannot be opened.
func (p *threads) read() bool {
	for i := range p.all {
		p.readThread(&p.all[i])
	}
	p.all = slices.DeleteFunc(p.all, p.forget)
	return p.count() == len(p.all) || p.open()
}

// readThread parses "time on the CPU, time in the run queue, number of runs", with times in nanoseconds. See
// Documentation/scheduler/sched-stats.rst of the kernel. It closes the file of a thread that has ended.
func (p *threads) readThread(t *thread) {
	n, _ := t.stat.ReadAt(p.buf[:], 0) // the error is io.EOF, as the file is shorter than the buffer
	ran, rest, _ := bytes.Cut(p.buf[:n], []byte(" "))
	text, _, whole := bytes.Cut(rest, []byte(" "))
	if !whole {
		t.stat.Close()
		t.stat = nil
		return
	}
	wait, _ := strconv.ParseInt(string(text), 10, 64)
	t.wait = max(t.wait, time.Duration(wait))
	p.ran = p.ran || string(ran) != "0" // all zeros if the kernel does not maintain the counters
}

// forget reports whether a thread has ended, and if so adds its wait to p.ended.
func (p *threads) forget(t thread) bool {
	if t.stat != nil {
		return false
	}
	p.ended += t.wait
	return true
}

// count returns the number of threads of the process: the directory has one link per thread and two of its own.
func (p *threads) count() int {
	var s syscall.Stat_t
	if syscall.Fstat(int(p.dir.Fd()), &s) != nil {
		return -1
	}
	return int(s.Nlink) - 2
}

// open opens and reads new threads. It reports false if one cannot be opened.
func (p *threads) open() bool {
	entries, _ := os.ReadDir(p.path) // empty if the process has ended
	for _, e := range entries {
		if slices.ContainsFunc(p.all, func(t thread) bool { return t.tid == e.Name() }) {
			continue
		}
		if len(p.all) > mostThreads {
			return false
		}
		stat, err := os.Open(filepath.Join(p.path, e.Name(), "schedstat"))
		if err != nil {
			if _, gone := os.Stat(filepath.Join(p.path, e.Name())); gone != nil {
				continue // the thread has ended meanwhile
			}
			return false
		}
		t := thread{tid: e.Name(), stat: stat}
		p.readThread(&t)
		if t.stat != nil {
			p.all = append(p.all, t)
		}
	}
	return true
}
