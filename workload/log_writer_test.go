package workload

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A log that is not read delays nobody. When it is read again, it says how many lines are missing.
func TestLogThatIsNotRead(t *testing.T) {
	r, w := io.Pipe()
	l := &logWriter{to: w}
	line := strings.Repeat("x", 99) + "\n"
	const lines = 30_000 // 3 MB
	for range lines {
		fmt.Fprint(l, line) // a test that waits here fails by its time limit
	}
	l.flush() // does not wait for ever either
	go func() {
		l.flush()
		w.Close()
	}()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	written := strings.Count(string(text), line)
	if written == 0 || written == lines {
		t.Errorf("%d of %d lines are written, want some", written, lines)
	}
	missing := 0 // the log may say it in several places
	for _, found := range regexp.MustCompile(`(\d+) lines of the log are missing here: nobody read it\n`).
		FindAllStringSubmatch(string(text), -1) {
		n, _ := strconv.Atoi(found[1])
		missing += n
	}
	if missing != lines-written {
		t.Errorf("the log says that %d lines are missing, want %d", missing, lines-written)
	}
}
