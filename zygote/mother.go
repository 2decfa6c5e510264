package zygote

import (
	"bufio"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

//go:embed zygote.py
var source string

const (
	startLimit = time.Minute      // until the modules are imported
	forkLimit  = 10 * time.Second // until a process is forked
	endLimit   = 5 * time.Second  // until the mother has ended
)

// A mother is a process that has loaded a script and forks a process for each request.
type mother struct {
	interpreter []string // with its arguments
	script      string
	env         []string
	dir         string

	mu      sync.Mutex
	conn    *net.UnixConn // nil if the process does not run
	process *spawn.Process
	begun   int64 // when it was started, by contract.Now
	closed  bool
}

// open starts the process and waits until it has imported the modules. The caller holds the mutex.
func (m *mother) open() error {
	own, child, err := spawn.SocketPair()
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(own), "connection to a zygote")
	defer file.Close()
	text, err := spawn.Duplicate(syscall.Stderr)
	if err != nil {
		spawn.Close(child)
		return err
	}
	args := append(append([]string(nil), m.interpreter...), "-c", source, m.script)
	p := new(spawn.Process)
	m.begun = contract.Now()
	program := spawn.Program{Path: m.interpreter[0], Args: args, Env: m.env, Dir: m.dir}
	if err := p.Start(&program, [3]int{child, -1, text}); err != nil {
		return fmt.Errorf("executing the interpreter of %s: %w", m.script, err)
	}
	m.process = p
	conn, err := net.FileConn(file)
	if err != nil {
		m.end()
		return err
	}
	m.conn = conn.(*net.UnixConn)
	_ = m.conn.SetDeadline(time.Now().Add(startLimit))
	line, err := bufio.NewReaderSize(m.conn, 16).ReadString('\n') // it sends nothing else before the first request
	if why, failed := strings.CutPrefix(line, "error "); failed {
		err = errors.New(strings.TrimSpace(why))
	} else if err == nil {
		return nil
	}
	m.end()
	if how, _ := p.Exit(); err == io.EOF && how != "" {
		err = fmt.Errorf("the interpreter %s", how)
	}
	return fmt.Errorf("loading %s: %w", m.script, err)
}

// end closes the connection, which ends the process, and waits for that. The caller holds the mutex.
func (m *mother) end() {
	if m.conn != nil {
		m.conn.Close()
		m.conn = nil
	}
	if m.process == nil {
		return
	}
	p := m.process
	kill := time.AfterFunc(endLimit, func() { p.Signal(syscall.SIGKILL) })
	p.Wait()
	kill.Stop()
	m.process = nil
}

// close ends the process.
func (m *mother) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.end()
}

// self returns the process, if it runs. What it needs for forking counts as that of the host's children.
func (m *mother) self() []contract.Child {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.process == nil {
		return nil
	}
	return []contract.Child{{PID: m.process.PID(), BeganNS: m.begun}}
}

var errClosed = errors.New("the host is shutting down")

// start forks a process with the environment, directory and limits of the program. It closes files. If the mother has
// ended, another one is started.
func (m *mother) start(p *spawn.Program, files [3]int) (pid int, err error) {
	defer spawn.Close(files[:]...)
	message, given := request(p, files)
	m.mu.Lock()
	defer m.mu.Unlock()
	for try := 1; ; try++ {
		if m.closed {
			return 0, errClosed
		}
		if m.conn == nil {
			if err := m.open(); err != nil {
				return 0, err
			}
		}
		pid, err = m.fork(message, given)
		if err == nil || try == 2 || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) {
			return pid, err
		}
		m.end()
	}
}

// request returns the message for a process, and the descriptors that belong to it.
func request(p *spawn.Program, files [3]int) (b []byte, given []int) {
	b = make([]byte, 4, 4<<10)
	field := func(text string) { b = append(append(b, text...), 0) }
	var numbers []string
	for number, fd := range files {
		if fd >= 0 {
			numbers, given = append(numbers, strconv.Itoa(number)), append(given, fd)
		}
	}
	field(strings.Join(numbers, " "))
	field(p.Dir)
	field(strconv.FormatInt(int64(p.Limits.CPU/time.Second), 10))
	field(strconv.FormatInt(p.Limits.Memory, 10))
	field(strconv.Itoa(p.Limits.Processes))
	for _, setting := range p.Env {
		field(setting)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b, given
}

// fork sends a message with descriptors to the mother and returns the PID of the process.
func (m *mother) fork(message []byte, given []int) (pid int, err error) {
	_ = m.conn.SetDeadline(time.Now().Add(forkLimit))
	if _, _, err := m.conn.WriteMsgUnix(message[:4], syscall.UnixRights(given...), nil); err != nil {
		return 0, fmt.Errorf("asking for a process: %w", err)
	}
	if _, err := m.conn.Write(message[4:]); err != nil {
		return 0, fmt.Errorf("asking for a process: %w", err)
	}
	var reply [4]byte
	if _, err := io.ReadFull(m.conn, reply[:]); err != nil {
		return 0, fmt.Errorf("the zygote has ended: %w", err)
	}
	pid = int(int32(binary.LittleEndian.Uint32(reply[:])))
	if pid < 0 {
		return 0, os.NewSyscallError("clone", syscall.Errno(-pid))
	}
	return pid, nil
}
