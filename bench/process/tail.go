package process

import (
	"io"
	"strings"
	"sync"

	"forktax/bench/foreign"
)

// keptBytes is how much of a log is kept for an error message: the beginning of a Go stack trace, or some tens of
// lines.
const keptBytes = 4 << 10

// newTail returns a tail that passes the log on to a writer, escaped for display, unless the writer is nil.
func newTail(to io.Writer) *tail {
	if to == nil {
		return &tail{}
	}
	return &tail{to: foreign.NewWriter(to)}
}

// A tail passes a log on. It keeps the end of the log, and the beginning of the part since the last newLines.
type tail struct {
	to io.Writer // may be nil

	mu        sync.Mutex
	end       []byte
	unread    []byte // first bytes since the last newLines
	truncated bool   // there were more bytes than unread holds
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if over := len(t.end) - keptBytes; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	room := min(keptBytes-len(t.unread), len(p))
	t.unread = append(t.unread, p[:room]...)
	t.truncated = t.truncated || room < len(p)
	if t.to != nil {
		t.to.Write(p)
	}
	return len(p), nil
}

// last returns the last lines.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastLines()
}

func (t *tail) lastLines() string {
	text := strings.TrimSpace(string(t.end))
	if len(t.end) == keptBytes { // the first line may be incomplete
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

// newLines returns the lines since the previous call: the first lines, which often have the cause, and if there are too
// many, also the last ones.
func (t *tail) newLines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, more := string(t.unread), t.truncated
	t.unread, t.truncated = t.unread[:0], false
	if more {
		whole := strings.LastIndexByte(text, '\n') + 1 // the rest may be an incomplete line
		text = text[:whole] + t.lastLines()
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
