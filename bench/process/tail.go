package process

import (
	"io"
	"strings"
	"sync"

	"forktax/bench/foreign"
)

// keptBytes is how much of a log is kept for an error message: a Go stack trace's beginning, or some tens of lines.
const keptBytes = 4 << 10

// newTail returns one that passes a log on to a writer, unless that is nil, as it can be shown.
func newTail(to io.Writer) *tail {
	if to == nil {
		return &tail{}
	}
	return &tail{to: foreign.NewWriter(to)}
}

// A tail passes a log on and keeps the end of it, and the beginning of what is new.
type tail struct {
	to io.Writer // may be nil

	mu        sync.Mutex
	end       []byte
	unread    []byte // the first bytes that came since newLines was called
	truncated bool   // unread is not all of it
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
	if len(t.end) == keptBytes { // the first line may be half of one
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

// newLines returns the lines that came since it was last called: the first of them, which often tell the cause, and if
// that is not all, the last.
func (t *tail) newLines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, more := string(t.unread), t.truncated
	t.unread, t.truncated = t.unread[:0], false
	if more {
		whole := strings.LastIndexByte(text, '\n') + 1 // what follows may be half a line
		text = text[:whole] + t.lastLines()
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
