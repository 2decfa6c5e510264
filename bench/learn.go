package bench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
)

// lessons is how often a target is asked, to see whether it answers the same each time.
const lessons = 3

// Learn asks a target that nobody has described what a right answer is: the one that it gives. The error is a *Variance
// if it gives another each time; what it wants is then the status alone.
func Learn(ctx context.Context, t *Target, r Request) (Want, error) {
	client := newAsker()
	defer client.CloseIdleConnections()
	var first answer
	for i := range lessons {
		a, err := ask(ctx, client, t.URL, r)
		if err != nil {
			return Want{}, fmt.Errorf("asking for %s %s: %w%s", r.Method, r.Path, err, logged(t))
		}
		if a.status >= http.StatusInternalServerError {
			return Want{}, fmt.Errorf("%s %s: it answers with status %d%s", r.Method, r.Path, a.status, logged(t))
		}
		if i == 0 {
			first = a
		} else if lines := first.against(a); lines != nil {
			return Want{Status: a.status}, &Variance{r, lines}
		}
	}
	sum := sha256.Sum256(first.body)
	return Want{Status: first.status, BodySHA256: hex.EncodeToString(sum[:])}, nil
}

func logged(t *Target) string {
	lines := t.complaints(true)
	if len(lines) == 0 {
		return ""
	}
	return "; it logged: " + strings.Join(lines, "; ")
}

// A Variance says that a target answers the same request differently each time.
type Variance struct {
	Request Request
	Lines   []string // a line of the one answer, marked -, and of another, marked +
}

// Error shows the whole difference.
func (v *Variance) Error() string {
	return fmt.Sprintf("%s %s: it answers differently each time:\n  %s", v.Request.Method, v.Request.Path,
		strings.Join(v.Lines, "\n  "))
}
