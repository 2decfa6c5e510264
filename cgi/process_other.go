//go:build !unix

package cgi

import (
	"errors"
	"syscall"
)

// On systems other than Unix a Host starts no child; Library does.

type process struct{}

func (*process) started(int)                 {}
func (*process) number() int                 { return 0 }
func (*process) reap() bool                  { return true }
func (*process) wait()                       {}
func (*process) exit() (string, bool)        { return "", false }
func (*process) descendants(string) []int    { return nil }
func signal([]int, syscall.Signal)           {}
func idle(int) bool                          { return false }
func peerClosed(syscall.Conn) bool           { return false }
func newPipe(bool) (own, child int, _ error) { return 0, 0, errors.ErrUnsupported }

func (*program) start([3]int) (int, error) { return 0, errors.ErrUnsupported }
func closeAll([3]int)                      {}

func readNow(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
func closeFile(int)                    {}
