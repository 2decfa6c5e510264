package subject

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"

	"forktax/bench/account"
	"forktax/bench/process"
	"forktax/workload/contract"
)

// A server is a workload program that serves.
type server struct {
	*process.Process
	group   *account.Group // holds the program and all that it starts, also what loses its parent; nil if there is none
	release func()         // ends the guard of the group
}

// groups counts the control groups of this process.
var groups atomic.Int64

// startServer starts the command that newCommand returns, in a control group of its own if the system allows that.
func (l *Launcher) startServer(newCommand func() *exec.Cmd) (s server, err error) {
	command := func() *exec.Cmd {
		cmd := newCommand()
		cmd.Env = append(slices.Clip(cmd.Env), contract.EnvGroup+"="+s.group.Dir()) // without a group, not an inherited one
		return cmd
	}
	s.group = account.NewGroup(fmt.Sprintf("forktax-program-%d-%d", os.Getpid(), groups.Add(1)))
	if s.group != nil {
		s.release = process.GuardGroup(s.group.Dir())
		cmd := command()
		s.group.Prepare(cmd)
		s.Process, err = process.Start(cmd, l.Log, func(start func() error) error {
			return s.group.Start(func() error { return l.startIn(start) })
		})
		if err == nil {
			return s, nil
		}
		_ = s.endGroup() // a sandbox may refuse to start a process in a group
	}
	s = server{release: func() {}}
	s.Process, err = process.Start(command(), l.Log, l.startIn)
	return s, err
}

// startIn calls start by StartFunc, unless that is nil.
func (l *Launcher) startIn(start func() error) error {
	if l.StartFunc == nil {
		return start()
	}
	return l.StartFunc(start)
}

// stop ends the program and all that is left of its group.
func (l *Launcher) stop(s server) error {
	err := s.Stop(l.stopLimit(), l.Kill)
	if left := len(s.group.PIDs()); left > 0 && l.Messages != nil && atomic.CompareAndSwapUint32(&l.told, 0, 1) {
		which := "1 process that a program had left behind was"
		if left > 1 {
			which = fmt.Sprintf("%d processes that a program had left behind were", left)
		}
		process.PrintBriefly(l.Messages, "warning: "+which+" killed; further ones are killed without a message\n")
	}
	return errors.Join(err, s.endGroup())
}

func (s server) endGroup() error {
	defer s.release()
	return s.group.Remove()
}
