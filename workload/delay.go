package workload

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"forktax/workload/contract"
)

// mostDelay is the largest share. A slowdown of more needs no harness to be seen.
const mostDelay = 10

// readDelay reads the share by which responses are to be slower; 0 is none.
func readDelay() (share float64, err error) {
	text := os.Getenv(contract.EnvDelay)
	if text == "" {
		return 0, nil
	}
	share, err = strconv.ParseFloat(text, 64)
	if err != nil || !(share > 0 && share <= mostDelay) { // NaN is no number either
		return 0, fmt.Errorf("reading %s %q: want a number above 0, of %d at the most", contract.EnvDelay, text, mostDelay)
	}
	return share, nil
}

// withDelay has h begin each answer later, by that share of what it took for the one that it last completed; the first
// one is not delayed. The time before is spent spinning, so that processor time shows it, too, and by the clock on the
// wall: where many share the processors, the delay is then the same share of an answer, however much of it was waiting.
// The rejected alternative, a share of the answer itself behind it, would be noticed by no client whose answer is
// flushed.
func withDelay(share float64, h http.Handler) http.Handler {
	if share == 0 {
		return h
	}
	var last atomic.Int64 // how long h took, in nanoseconds
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spin(time.Duration(share * float64(last.Load())))
		begin := time.Now()
		h.ServeHTTP(w, r)
		last.Store(int64(time.Since(begin)))
	})
}

// spin keeps a processor busy for so long, and lets the server's other goroutines have it in between.
func spin(length time.Duration) {
	for begin := time.Now(); time.Since(begin) < length; {
		runtime.Gosched()
	}
}
