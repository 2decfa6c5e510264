//go:build !wasip1

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

// readDelay returns the share by which responses are delayed, 0 for none.
func readDelay() (share float64, err error) {
	text := os.Getenv(contract.EnvDelay)
	if text == "" {
		return 0, nil
	}
	share, err = strconv.ParseFloat(text, 64)
	if err != nil || !(share > 0 && share <= contract.MaxDelay) { // also false for NaN
		return 0, fmt.Errorf("%s %q: must be a number above 0 and at most %d", contract.EnvDelay, text, contract.MaxDelay)
	}
	return share, nil
}

// withDelay returns a handler that calls h after a delay: the given share of the time of the last completed request.
// The first request is not delayed. The delay comes before h, because a client would not notice a delay after a flushed
// response.
//
// The delay is spent spinning, so that it shows in CPU time, too. Its length is wall-clock time: then it is the same
// share of a request also if requests wait for busy cores.
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

// spin uses CPU time for the given wall-clock time, yielding to other goroutines in between.
func spin(length time.Duration) {
	for begin := time.Now(); time.Since(begin) < length; {
		runtime.Gosched()
	}
}
