package subject

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"forktax/bench/foreign"
)

// unsolicited begins what net/http's Transport logs of bytes that follow a complete response. It logs by package log,
// since the request is done and no caller is left for an error; the bytes follow, quoted.
const unsolicited = "Unsolicited response received on idle HTTP channel starting with "

// shownSurplus is how many bytes of those that follow a response are shown.
const shownSurplus = 40

// A ClientLog is an output for package log, to which net/http writes. It passes lines on, but for those about bytes
// that follow a response: the first of them becomes a warning that says what is wrong with the server, and the others,
// one for each request, are left out. It can be used by several goroutines.
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

// surplusWarning is the warning about what a server sent after a response. The text begins with it, quoted.
func surplusWarning(text string) string {
	sent := ""
	if quoted, err := strconv.QuotedPrefix(text); err == nil {
		sent, _ = strconv.Unquote(quoted)
	}
	first, _, _ := strings.Cut(sent, "\n")
	shown := foreign.WithoutSecrets(first[:min(len(first), shownSurplus)])
	return fmt.Sprintf("warning: a server sent %d bytes or more after the end of a response, beginning with %q: its "+
		"Content-Length is too small (it counts bytes, not characters), or the response may not have a body. A client "+
		"takes them for the next response on the connection, so requests fail as malformed\n", len(sent), shown)
}
