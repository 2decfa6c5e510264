package workload

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// DelayVariable, in the environment of a serving program, makes its answers slower by a known share: 0.1 is a tenth. It
// is for who wants to see a slowdown of known size found, such as a gate that has to prove that it can fail.
const DelayVariable = "FORKTAX_DELAY"

// mostDelay is the largest share. A slowdown of more needs no harness to be seen.
const mostDelay = 10

// delay reads the share; 0 is none.
func delay() (share float64, err error) {
	text := os.Getenv(DelayVariable)
	if text == "" {
		return 0, nil
	}
	share, err = strconv.ParseFloat(text, 64)
	if err != nil || !(share > 0 && share <= mostDelay) { // NaN is no number either
		return 0, fmt.Errorf("reading %s %q: want a number above 0, of %d at the most", DelayVariable, text, mostDelay)
	}
	return share, nil
}

// delayed has h begin each answer later, by that share of what it took for the one that it last completed; the first
// one is not delayed. The time before is spent spinning, so that processor time shows it, too, and by the clock on the
// wall: where many share the processors, the delay is then the same share of an answer, however much of it was waiting.
// The rejected alternative, a share of the answer itself behind it, would be noticed by no client whose answer is
// flushed.
func delayed(share float64, h http.Handler) http.Handler {
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
