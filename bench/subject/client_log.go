package subject

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"forktax/bench/foreign"
)

// unsolicited begins what net/http's Transport logs about bytes that follow a complete response, with the bytes quoted.
// It uses package log, since the request is complete and no caller could get an error.
const unsolicited = "Unsolicited response received on idle HTTP channel starting with "

// shownSurplus is the largest number of bytes after a response that the warning shows.
const shownSurplus = 40

// A ClientLog is an output for package log, to which net/http writes. It passes lines on, except those about bytes that
// follow a response: the first of these becomes a warning that explains the server's error, and the others, one per
// request, are dropped. It is safe for concurrent use.
type ClientLog struct {
	mu     sync.Mutex
	out    io.Writer
	warned bool
}

// NewClientLog returns a ClientLog that writes to out.
func NewClientLog(out io.Writer) *ClientLog { return &ClientLog{out: out} }

// Write implements io.Writer. Package log calls it once for each line.
func (l *ClientLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := foreign.Text(string(line))
	if _, rest, found := strings.Cut(string(line), unsolicited); found {
		if l.warned {
			return len(line), nil
		}
		l.warned = true
		text = surplusWarning(rest)
	}
	if _, err := io.WriteString(l.out, text); err != nil {
		return 0, err
	}
	return len(line), nil
}

// surplusWarning returns the warning about the bytes that a server sent after a response. Text begins with these bytes,
// quoted.
func surplusWarning(text string) string {
	sent := ""
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		sent, _ = strconv.Unquote(quoted)
	}
	first, _, _ := strings.Cut(sent, "\n")
	shown := foreign.WithoutSecrets(first[:min(len(first), shownSurplus)])
	return fmt.Sprintf("warning: a server sent %d bytes or more after the end of a response, beginning with %q: its "+
		"Content-Length is too small (it counts bytes, not characters), or the response must not have a body. A client "+
		"reads these bytes as the next response on the connection, so requests fail as malformed\n", len(sent), shown)
}
