package calibrate

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// useRealTime puts all threads of this process, and those that they start, at real-time priority where that is
// permitted: as the generator is in open loops. A server that is an instrument must not wait for a processor while
// others compile.
func useRealTime() {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		}
	}
}

// A wakeTimer wakes one goroutine at an instant of contract.Now. time.Sleep would round it up to a millisecond;
// clock_nanosleep would keep a thread, and with it a processor of Go's scheduler until that notices, which took it up
// to 10 ms. The kernel's timer is waited for like a connection.
type wakeTimer struct {
	fd    int // of timer, whose own Fd could make it block
	timer *os.File
}

func newWakeTimer() (*wakeTimer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	return &wakeTimer{fd, os.NewFile(uintptr(fd), "timer")}, nil
}

// until waits.
func (a *wakeTimer) until(at int64) {
	set := unix.ItimerSpec{Value: unix.NsecToTimespec(max(at, 1))} // 0 would disarm it
	if unix.TimerfdSettime(a.fd, unix.TFD_TIMER_ABSTIME, &set, nil) != nil {
		return
	}
	var expirations [8]byte
	a.timer.Read(expirations[:])
}

func (a *wakeTimer) close() { a.timer.Close() }
