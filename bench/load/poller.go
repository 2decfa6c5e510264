//go:build linux

package load

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// tick is the longest wait: the interval at which an idle core checks its context, timeouts and pauses.
	tick = 10 * time.Millisecond
	// batch is the maximum number of events that one wait returns.
	batch = 64
	// timerSlot marks events of the timer; the slots of connections start at 0.
	timerSlot = -1
)

// A poller waits for sockets or for a point in time, whichever comes first.
//
// The time is that of a timerfd, absolute on CLOCK_MONOTONIC. Unlike clock_nanosleep, a timerfd shares the wait with
// the sockets, so a response is stamped when it arrives and not when the next request is due. It also avoids the 50 µs
// of timer slack of clock_nanosleep and of epoll timeouts. With wake-ups 50 µs ahead of 500 deadlines per second and
// spinning from there, clock_nanosleep was 28 µs late in the median, a timerfd 0.2 µs.
//
// All system calls here are raw: they bypass the Go scheduler. For calls that never block, that saves 30 ns each.
// During a wait, the thread keeps its P, so sysmon finds nothing to retake and sleeps, instead of waking every 20 µs
// while a core generates load. The drawback is that stopping the world has to wait for epoll_wait to return. That delay
// is small: the runtime sends a signal every 100 µs, and a signal ends the wait (0.2 ms measured). With
// GODEBUG=asyncpreemptoff=1 there are no signals, and tick bounds the delay. If the cores would occupy all of
// GOMAXPROCS, polite is set, and a wait is an ordinary system call.
type poller struct {
	fd, timer int
	zero      time.Duration // CLOCK_MONOTONIC at the start of the block
	armed     time.Duration // expiration of the timer; 0: not set
	polite    bool          // notify the Go scheduler of a wait
	events    [batch]unix.EpollEvent
}

// open creates the file descriptors of the poller.
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

// watch requests edge-triggered events of fd, or changes the requested events. Both report again what is ready already.
// Events carry slot and fd, because fd may belong to another connection by then.
func (p *poller) watch(op int, fd, slot int, events uint32) error {
	e := unix.EpollEvent{Events: events | unix.EPOLLET, Fd: int32(slot), Pad: int32(fd)}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(p.fd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&e)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// arm makes the poller wait at most until at, an offset from the start of the block.
func (p *poller) arm(at time.Duration) {
	if p.armed == at {
		return
	}
	p.armed = at
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(p.zero + at))}
	// This cannot fail with a valid timer and a valid time.
	unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(p.timer), unix.TFD_TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// wait returns the events that are ready. It waits for the first one, for at most timeout, truncated to milliseconds.
func (p *poller) wait(timeout time.Duration) []unix.EpollEvent {
	call := unix.RawSyscall6
	if p.polite && timeout > 0 {
		call = unix.Syscall6
	}
	n, _, errno := call(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), batch,
		uintptr(timeout/time.Millisecond), 0, 0)
	if errno != 0 { // EINTR: a signal of the Go runtime
		return nil
	}
	return p.events[:n]
}
