//go:build !linux

package cgi

import (
	"errors"
	"os"
	"syscall"

	"forktax/workload/contract"
)

// On systems other than Linux a host does not find the PIDs of its children. It cannot learn how they exited, limit
// them, or terminate them.

func lastPID() (last int, ok bool) { return 0, false }

func maxPID() int { return 0 }

func isChild(int) bool { return false }

func (e *exchange) waitExit() string { return "" }
func (e *exchange) hasExited() bool  { return false }
func (e *exchange) pollExit() string { return "" }

func limit(int, contract.ChildLimits) error { return errors.ErrUnsupported }

func descendants(int, string) []int { return nil }

func signal([]int, syscall.Signal) {}

func openPipe() (from int, to *os.File) { return 0, nil }

func unread(syscall.Conn) bool { return false }

func peerClosed(syscall.Conn) bool { return false }
