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

// mostThreads bounds what a reading costs: of more threads nothing is known. A thread takes 1.5 µs, and a block of 20 ms
// has two readings, which are to take less than 0.5 % of it.
const mostThreads = 32

// fewFiles is a limit on open files that is so low that a load needs them all.
const fewFiles = 1024

// A RunQueue adds up how long threads were ready to run and waited for a CPU, or were throttled, as
// /proc/PID/task/TID/schedstat has it; what /proc/PID/schedstat has is that of the main thread alone. The files stay
// open: a thread is read in about a microsecond. A nil RunQueue is none. It is used by one goroutine at a time.
type RunQueue struct {
	processes []*threads
	failed    bool // nothing is known any more
}

// threads are those of a process.
type threads struct {
	path  string   // of dir
	dir   *os.File // /proc/PID/task
	all   []thread
	ended time.Duration // what those waited that have ended, until they were read last
	ran   bool          // the kernel counts: a thread that has run has used CPU time
	buf   [96]byte
}

type thread struct {
	tid  string
	stat *os.File
	wait time.Duration
}

// RunQueueOf returns that of a process; nil if it cannot be read, or this process may open few files.
func RunQueueOf(pid int) *RunQueue { return runQueueOf("/proc", pid) }

// RunQueueOfTree returns that of a process and of all that descends from it and lives now. Children that start later
// are not seen.
func RunQueueOfTree(pid int) *RunQueue { return runQueueOf("/proc", tree(pid)...) }

// runQueueOf is for processes of which the first must live, in another directory than /proc.
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

// tree returns a process and its descendants by the lists of children, which are cheaper than a look at all processes.
// A kernel without them (CONFIG_PROC_CHILDREN) has only the process.
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

// Read returns how long the threads have waited so far. It never returns less than before. It reports false if that is
// not known, or the first process has ended.
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

// read reads all threads, new ones too. It reports false if one cannot be opened.
func (p *threads) read() bool {
	for i := range p.all {
		p.readThread(&p.all[i])
	}
	p.all = slices.DeleteFunc(p.all, p.forget)
	return p.count() == len(p.all) || p.open()
}

// readThread reads "time on the CPU, time in the run queue, how often it ran"; the times are nanoseconds. See
// Documentation/scheduler/sched-stats.rst of the kernel. The file of a thread that has ended is closed.
func (p *threads) readThread(t *thread) {
	n, _ := t.stat.ReadAt(p.buf[:], 0) // what is shorter than the buffer ends with an error
	ran, rest, _ := bytes.Cut(p.buf[:n], []byte(" "))
	text, _, whole := bytes.Cut(rest, []byte(" "))
	if !whole {
		t.stat.Close()
		t.stat = nil
		return
	}
	wait, _ := strconv.ParseInt(string(text), 10, 64)
	t.wait = max(t.wait, time.Duration(wait))
	p.ran = p.ran || string(ran) != "0" // a kernel that does not count has nothing but zeros
}

// forget keeps what a thread waited that has ended.
func (p *threads) forget(t thread) bool {
	if t.stat != nil {
		return false
	}
	p.ended += t.wait
	return true
}

// count returns how many threads the process has: a directory of threads has one link for each, and two of its own.
func (p *threads) count() int {
	var s syscall.Stat_t
	if syscall.Fstat(int(p.dir.Fd()), &s) != nil {
		return -1
	}
	return int(s.Nlink) - 2
}

// open opens and reads the threads that are new.
func (p *threads) open() bool {
	entries, _ := os.ReadDir(p.path) // which is empty if the process has ended
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
				continue // it has ended meanwhile
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
