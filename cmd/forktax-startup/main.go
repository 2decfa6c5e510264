// Forktax-startup is a workload program with a configurable startup, to show what makes startup expensive under the
// model cgi. It has the response of forktax-hello. It can use CPU time or wait while it opens, have a large executable
// (build tag large), or give its host a large heap. Linking is a matter of the flags of go build.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"forktax/workload"
	"forktax/workload/contract"
)

// heapVariable is the environment variable with the heap size of the serving process, such as 1024MiB. Its children do
// not have this heap.
const heapVariable = "STARTUP_HEAP"

const greeting = "hello\n"

var startup = workload.Workload{
	Name: "startup",
	About: "six bytes after a configurable startup: set " + contract.EnvStartupWork + ", " +
		contract.EnvStartupConnect + " or " + heapVariable + ", or build with the tag large",
	Requests: []workload.Request{{
		Name:   "hello",
		Method: http.MethodGet,
		Path:   "/",
		Want: workload.Want{
			Status:  http.StatusOK,
			Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body:    greeting,
		},
	}},
	Open:  open,
	Env:   []string{contract.EnvStartupWork, contract.EnvStartupConnect},
	Setup: hold,
}

// open spins for the time in contract.EnvStartupWork. The Connect function that it returns sleeps for the time in
// contract.EnvStartupConnect.
func open(context.Context) (workload.Connect, error) {
	d, err := duration(contract.EnvStartupWork)
	if err != nil {
		return nil, err
	}
	wait, err := duration(contract.EnvStartupConnect)
	if err != nil {
		return nil, err
	}
	for begin := time.Now(); time.Since(begin) < d; {
	}
	if ballast[0] == 0 { // never true: the read keeps the linker from removing ballast
		return nil, errors.New("the ballast is missing")
	}
	return func(context.Context) (http.Handler, func() error, error) {
		if wait > 0 {
			time.Sleep(wait)
			workload.ConnectionOpened()
		}
		return http.HandlerFunc(hello), func() error { return nil }, nil
	}, nil
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, greeting)
}

func duration(variable string) (time.Duration, error) {
	text := os.Getenv(variable)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s=%s: must be a duration, such as 5ms", variable, text)
	}
	return d, nil
}

func main() { workload.Main(startup) }
