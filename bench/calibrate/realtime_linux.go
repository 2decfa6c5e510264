package calibrate

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// useRealTime gives all threads of this process, and those that they start, real-time priority if that is permitted.
// The load generator has it in open loops, and the reference server must not wait for a CPU either.
func useRealTime() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		}
	}
}

// A wakeTimer wakes one goroutine at a time of contract.Now. It is a timerfd, on which the goroutine waits as on a
// connection. time.Sleep would round up to a millisecond. clock_nanosleep would block a thread, and with it a P of Go's
// scheduler until that notices, which took up to 10 ms.
type wakeTimer struct {
	fd    int // descriptor of timer; timer.Fd could switch it to blocking mode
	timer *os.File
}

func newWakeTimer() (*wakeTimer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("creating a timer: %w", err)
	}
	return &wakeTimer{fd, os.NewFile(uintptr(fd), "timer")}, nil
}

// until waits until the time at, in nanoseconds of contract.Now.
func (a *wakeTimer) until(at int64) {
	set := unix.ItimerSpec{Value: unix.NsecToTimespec(max(at, 1))} // 0 would disarm the timer
	if unix.TimerfdSettime(a.fd, unix.TFD_TIMER_ABSTIME, &set, nil) != nil {
		return
	}
	var expirations [8]byte
	a.timer.Read(expirations[:])
}

func (a *wakeTimer) close() { a.timer.Close() }
