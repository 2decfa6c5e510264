//go:build !linux

package account

import (
	"os/exec"
	"time"
)

// Alive is not supported on this system.
func Alive(...int) bool { return false }

// Tree is not supported on this system.
func Tree(...int) (cpu CPU, ok bool) { return CPU{}, false }

// PeakMemory is not supported on this system.
func PeakMemory(...int) int64 { return 0 }

// A Group is not supported on this system.
type Group struct{}

func NewGroup(string) *Group                  { return nil }
func (*Group) Prepare(*exec.Cmd)              {}
func (*Group) Start(start func() error) error { return start() }
func (*Group) Dir() string                    { return "" }
func (*Group) CPU() (cpu CPU, ok bool)        { return CPU{}, false }
func (*Group) PIDs() []int                    { return nil }
func (*Group) Remove() error                  { return nil }

// PIDsOf is not supported on this system.
func PIDsOf(string) []int { return nil }

// Read is not supported on this system.
func (*Meter) Read() (r Reading, known bool) { return Reading{}, false }

// Descendants is not supported on this system.
func Descendants(...int) []int { return nil }

// HasReaped is not supported on this system.
func HasReaped(int) bool { return false }

// Limiters are not supported on this system.
type Limiters struct{}

func LimitersOf(int) *Limiters                       { return nil }
func (*Limiters) Limit() CPULimit                    { return CPULimit{} }
func (*Limiters) Read() (sum Throttling, known bool) { return Throttling{}, false }
func (l *Limiters) Same(other *Limiters) bool        { return l == other }
func (*Limiters) Close()                             {}

// A RunQueue is not supported on this system.
type RunQueue struct{}

func RunQueueOf(int) *RunQueue                           { return nil }
func RunQueueOfTree(int) *RunQueue                       { return nil }
func (*RunQueue) Read() (wait time.Duration, known bool) { return 0, false }
func (*RunQueue) Close()                                 {}
