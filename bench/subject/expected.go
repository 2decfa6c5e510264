package subject

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strings"

	"forktax/bench/process"
	"forktax/workload/contract"
)

// recordings is how often a target is asked, to see whether it answers the same each time.
const recordings = 3

// RecordExpected records the response of a target that nobody has described as the expected one. The error is a
// *VarianceError if it gives another each time; what it wants is then the status alone.
func RecordExpected(ctx context.Context, t *Target, r contract.Request) (contract.Want, error) {
	client := NewClient()
	defer client.CloseIdleConnections()
	var first Response
	for i := range recordings {
		a, err := Fetch(ctx, client, t.URL, r)
		if os.IsTimeout(err) {
			return contract.Want{}, fmt.Errorf("%s %s: no answer within %v%s", r.Method, r.Path, DefaultTimeout, logged(t))
		}
		if err != nil {
			return contract.Want{}, fmt.Errorf("asking for %s %s: %w%s", r.Method, r.Path, err, logged(t))
		}
		if a.Status >= http.StatusInternalServerError {
			return contract.Want{}, fmt.Errorf("%s %s: it answers with status %d%s", r.Method, r.Path, a.Status,
				Failure{Log: t.Logged(true)}.Suffix())
		}
		if i == 0 {
			first = a
		} else if lines := first.Differences(a); lines != nil {
			return contract.Want{Status: a.Status}, &VarianceError{r, lines}
		}
	}
	w := contract.Want{Status: first.Status}
	if n := len(first.Body); 0 < n && n <= maxLiteralBody {
		w.Body = string(first.Body)
	} else {
		sum := sha256.Sum256(first.Body)
		w.BodySHA256 = hex.EncodeToString(sum[:])
	}
	return w, nil
}

// maxLiteralBody is the length of a body up to which it is kept as it is, so that it can be seen where another differs.
const maxLiteralBody = 64 << 10

func logged(t *Target) string { return process.Logged(t.Logged(true)) }

// A VarianceError is returned when a target answers the same request differently each time.
type VarianceError struct {
	Request contract.Request
	Lines   []string // a line of the one answer, marked -, and of another, marked +
}

// Error shows the whole difference.
func (v *VarianceError) Error() string {
	return fmt.Sprintf("%s %s: it answers differently each time:\n  %s", v.Request.Method, v.Request.Path,
		strings.Join(v.Lines, "\n  "))
}
