//go:build !wasip1

package workload

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	maxUnwritten = 1 << 20     // bytes of the log that wait for its reader; more are dropped
	flushFor     = time.Second // time at the end for what waits
)

// A logWriter passes what it gets to another writer in the background. So a reader that does not read, such as a
// stopped terminal or a full pipe, delays neither requests nor shutdown. Lines that exceed the buffer are dropped and
// counted.
type logWriter struct {
	to io.Writer

	mu      sync.Mutex
	waiting bytes.Buffer
	dropped int
	writing bool          // a goroutine is writing
	written chan struct{} // closed when that goroutine has ended
}

// Write takes a line of the log. It never fails, and never waits.
func (l *logWriter) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting.Len()+len(line) > maxUnwritten {
		l.dropped++
		return len(line), nil
	}
	l.waiting.Write(line)
	if !l.writing {
		l.writing, l.written = true, make(chan struct{})
		go l.write()
	}
	return len(line), nil
}

// write writes until nothing waits.
func (l *logWriter) write() {
	defer close(l.written)
	for {
		l.mu.Lock()
		if l.dropped > 0 {
			fmt.Fprintf(&l.waiting, "%d lines of the log are missing here: nobody read it\n", l.dropped)
			l.dropped = 0
		}
		text := bytes.Clone(l.waiting.Bytes())
		l.waiting.Reset()
		if len(text) == 0 {
			l.writing = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		_, _ = l.to.Write(text) // there is nowhere to report an error
	}
}

// flush waits until everything is written, but not longer than flushFor.
func (l *logWriter) flush() {
	l.mu.Lock()
	writing, written := l.writing, l.written
	l.mu.Unlock()
	if !writing {
		return
	}
	select {
	case <-written:
	case <-time.After(flushFor):
	}
}
