package process

import (
	"io"
	"time"
)

// briefly is how long PrintBriefly waits.
const briefly = time.Second

// PrintBriefly prints a last message. If the writer does not take it, such as a stopped terminal or a pipe without a
// reader, it gives up: that must not keep a process from ending.
func PrintBriefly(w io.Writer, text string) {
	printed := make(chan struct{})
	go func() {
		defer close(printed)
		_, _ = io.WriteString(w, text)
	}()
	select {
	case <-printed:
	case <-time.After(briefly):
	}
}
