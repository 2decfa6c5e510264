//go:build !linux

package cgi

import (
	"errors"
	"os"
	"syscall"

	"forktax/workload/contract"
)

// Elsewhere a host does not know its children: it cannot tell how they ended, bound what they take, or end them.

func lastPID() (last int, told bool) { return 0, false }

func maxPID() int { return 0 }

func isChild(int) bool { return false }

func (e *exchange) ended() string     { return "" }
func (e *exchange) hasEnded() bool    { return false }
func (e *exchange) soonEnded() string { return "" }

func limit(int, contract.ChildLimits) error { return errors.ErrUnsupported }

func descendants(int, string) []int { return nil }

func signal([]int, syscall.Signal) {}

func openPipe() (from int, to *os.File) { return 0, nil }

func unread(syscall.Conn) bool { return false }

func peerClosed(syscall.Conn) bool { return false }
