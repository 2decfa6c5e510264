//go:build !unix

package spawn

import (
	"errors"
	"syscall"
)

// On systems other than Unix no process is started.

type Process struct{}

func (*Process) started(int)             {}
func (*Process) PID() int                { return 0 }
func (*Process) Reap() bool              { return true }
func (*Process) Wait()                   {}
func (*Process) Exit() (string, bool)    { return "", false }
func (*Process) Signal(syscall.Signal)   {}
func (*Process) Descendants(string) []ID { return nil }

func (*Program) start([3]int) (int, error) { return 0, errors.ErrUnsupported }

func (ID) signal(syscall.Signal) {}

func Marked(string) []Found       { return nil }
func Among([]int, string) []Found { return nil }
func Tasks() int                  { return 0 }

func Pipe(bool) (own, child int, _ error) { return 0, 0, errors.ErrUnsupported }
func Idle(int) bool                       { return false }
func Read(int, []byte) (int, error)       { return 0, errors.ErrUnsupported }
func Close(...int)                        {}

func SocketPair() (own, child int, _ error) { return 0, 0, errors.ErrUnsupported }
func Duplicate(int) (int, error)            { return 0, errors.ErrUnsupported }
func IsListening(int) bool                  { return false }

func prepareStarts(int) {}
