//go:build !linux

package cgi

import (
	"errors"
	"syscall"

	"forktax/bench"
)

// Elsewhere a host does not know its children: it cannot tell how they ended, bound what they take, or end them.

const (
	endedWell = "ended well"
	killedBy  = "was killed"
)

func newest() int { return 0 }

func (e *exchange) ended() string     { return "" }
func (e *exchange) hasEnded() bool    { return false }
func (e *exchange) soonEnded() string { return "" }

func limit(_ int, l bench.ChildLimits) error {
	if l.CPU > 0 || l.Memory > 0 || l.Processes > 0 {
		return errors.ErrUnsupported
	}
	return nil
}

func family(int, string) []int { return nil }

func signal([]int, syscall.Signal) {}

func unread(syscall.Conn) bool { return false }
