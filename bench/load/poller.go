//go:build linux

package load

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// tick is the longest wait: how often an idle core looks at its context, its timeouts and its pauses.
	tick = 10 * time.Millisecond
	// batch is how many events one wait returns at most.
	batch = 64
	// timerSlot marks the timer's events; connections have theirs from 0.
	timerSlot = -1
)

// A poller waits for sockets and for an instant, whichever is first.
//
// The instant is a timerfd's, absolute on CLOCK_MONOTONIC. Unlike clock_nanosleep it shares the wait with the sockets,
// so that an answer is stamped when it comes and not when the next request is due; and it is free of the 50 µs of slack
// that both clock_nanosleep and the timeouts of epoll get. Set to 50 µs before 500 instants a second and spinning from
// there, clock_nanosleep was 28 µs late in the median, this 0.2.
//
// All system calls here are raw: they do not tell the Go scheduler. For calls that never block that saves 30 ns each.
// For a wait it means that this thread keeps its P, so that sysmon finds nothing to retake and goes to sleep itself,
// instead of waking every 20 µs for as long as a core generates load. The price, that a stop of the world has to wait
// for epoll_wait to return, is small: the runtime asks again with a signal every 100 µs, and a signal ends the wait
// (0.2 ms measured; with GODEBUG=asyncpreemptoff=1 there are no signals, and tick bounds it). Where the cores would
// take all of GOMAXPROCS, waiting is polite instead.
type poller struct {
	fd, timer int
	zero      time.Duration // CLOCK_MONOTONIC at the start of the block
	armed     time.Duration // what the timer is set to; 0 if not
	polite    bool          // tell the scheduler when waiting
	events    [batch]unix.EpollEvent
}

// open makes the poller's files.
func (p *poller) open() (err error) {
	p.armed = 0
	if p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("creating an epoll instance: %w", err)
	}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		unix.Close(p.fd)
		return fmt.Errorf("creating a timer: %w", err)
	}
	if err = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, p.timer,
		&unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: timerSlot}); err != nil {
		p.close()
		return fmt.Errorf("watching a timer: %w", err)
	}
	return nil
}

func (p *poller) close() {
	unix.Close(p.timer)
	unix.Close(p.fd)
}

// watch asks for edge-triggered events of fd, or changes what is asked for; either way what is ready already is
// reported again. Events carry slot and fd, for fd may by then be another's.
func (p *poller) watch(op int, fd, slot int, events uint32) error {
	e := unix.EpollEvent{Events: events | unix.EPOLLET, Fd: int32(slot), Pad: int32(fd)}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&e)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// arm makes the poller wait no longer than until at, an offset from the start of the block.
func (p *poller) arm(at time.Duration) {
	if p.armed == at {
		return
	}
	p.armed = at
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(p.zero + at))}
	// With a timer and a time that exist it cannot fail.
	unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(p.timer), unix.TFD_TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// wait returns what is ready: at once, or when something is, or after the timeout, which counts in milliseconds.
func (p *poller) wait(timeout time.Duration) []unix.EpollEvent {
	call := unix.RawSyscall6
	if p.polite && timeout > 0 {
		call = unix.Syscall6
	}
	n, _, errno := call(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), batch,
		uintptr(timeout/time.Millisecond), 0, 0)
	if errno != 0 { // EINTR: a signal of the runtime's
		return nil
	}
	return p.events[:n]
}
