package workers

import (
	"cmp"
	"errors"
	"fmt"
	"log"
	"syscall"
	"time"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

const (
	startLimit = time.Minute      // until a process serves
	endLimit   = 10 * time.Second // until a process has ended that was told to
	killEvery  = 20 * time.Millisecond
	killTries  = 100
)

// Delays between starts that fail, one after the other. The first doubles with each further failure.
const (
	firstDelay = 50 * time.Millisecond
	lastDelay  = 5 * time.Second
)

// A process is a process of a host.
type process struct {
	spawn.Process
	mark    string // identifies the process and its descendants by their environment
	logger  *log.Logger
	begun   int64 // just before it was started, by contract.Now
	running int64 // when it executed its program
	gone    chan struct{}
}

// launch starts a program with the given standard input, which it closes, and the standard error of a log.
func launch(p spawn.Program, mark string, input int, sink *errorLog) (*process, error) {
	text, err := spawn.Duplicate(sink.end)
	if err != nil {
		spawn.Close(input)
		return nil, err
	}
	s := &process{mark: mark, logger: sink.logger, begun: contract.Now(), gone: make(chan struct{})}
	p.Env = append(append(make([]string, 0, len(p.Env)+1), p.Env...), contract.EnvChild+"="+mark)
	if err := s.Start(&p, [3]int{input, -1, text}); err != nil {
		return nil, err
	}
	s.running = contract.Now()
	go func() {
		s.Wait()
		close(s.gone)
	}()
	return s, nil
}

// end waits until a process has ended that was told to. If it does not end, it is killed, with its descendants.
func (s *process) end(logger *log.Logger) {
	select {
	case <-s.gone:
	case <-time.After(endLimit):
		logger.Printf("a worker did not end within %v and was killed", endLimit)
		s.kill()
		<-s.gone
	}
}

// kill kills the process and its descendants.
func (s *process) kill() {
	for range killTries {
		all := s.Descendants(contract.EnvChild + "=" + s.mark)
		if len(all) == 0 {
			return
		}
		spawn.Signal(all, syscall.SIGKILL)
		time.Sleep(killEvery)
	}
	s.logger.Print("some processes that a worker has started cannot be killed")
}

// fate describes how a process has ended.
func (s *process) fate() string {
	how, _ := s.Exit()
	return cmp.Or(how, "ended with status 0")
}

// withFate returns the error of a conversation with a process, or how it ended, which is the cause if it has.
func (s *process) withFate(err error) error {
	select {
	case <-s.gone:
		return fmt.Errorf("the worker %s", s.fate())
	case <-time.After(killEvery): // it has closed its connection, but goes on
		return err
	}
}

// Errors of a host that cannot serve a request.
var (
	errQueueFull = errors.New("too many requests are waiting for a worker")
	errClosed    = errors.New("the host is shutting down")
)
