package process

import (
	"io"
	"strings"
	"sync"
)

// kept is how much of a log is kept for an error message: a Go stack trace's beginning, or some tens of lines.
const kept = 4 << 10

// A tail passes a log on and keeps the end of it.
type tail struct {
	to io.Writer // may be nil

	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, p...)
	if over := len(t.end) - kept; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	if t.to != nil {
		t.to.Write(p)
	}
	return len(p), nil
}

// last returns the last lines.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(t.end))
	if len(t.end) == kept { // the first line may be half of one
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
