package workers

import (
	"bufio"
	"cmp"
	"log"
	"os"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/cgi/spawn"
)

// An errorLog logs what processes write to their standard error. All share a pipe.
type errorLog struct {
	logger *log.Logger
	end    int // write end of the pipe
	from   *os.File
	done   chan struct{} // closed when all has been read
}

const (
	longestLine = 4 << 10                // bytes after which a line is split for the log
	lastLines   = 100 * time.Millisecond // how long the pipe is read after the end of the processes
)

func newErrorLog(logger *log.Logger) (*errorLog, error) {
	own, child, err := spawn.Pipe(true)
	if err != nil {
		return nil, err
	}
	l := &errorLog{cmp.Or(logger, log.Default()), child, os.NewFile(uintptr(own), "standard error of workers"),
		make(chan struct{})}
	go l.read()
	return l, nil
}

// read logs the lines until the pipe is closed. Lines of up to 4 KiB do not mix: a pipe takes them as a whole.
func (l *errorLog) read() {
	defer close(l.done)
	lines := bufio.NewReaderSize(l.from, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			l.logger.Printf("%s", foreign.Line(foreign.WithoutSecrets(text)))
		}
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
	}
}

// close logs the last lines. A process that was left behind may keep the pipe open: it is not waited for.
func (l *errorLog) close() {
	spawn.Close(l.end)
	_ = l.from.SetReadDeadline(time.Now().Add(lastLines))
	<-l.done
	_ = l.from.Close()
}
