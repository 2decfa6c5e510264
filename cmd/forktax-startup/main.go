// Forktax-startup is hello with a start that can be made dear, to see what a process for each request pays for: the
// same six bytes from a program that works before it is open, that is a large file, or whose host has a large heap.
// How it is linked is a matter of how it is built.
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

// heapVariable says how much memory the serving process has in use, and its children have not: 1024MiB.
const heapVariable = "STARTUP_HEAP"

const greeting = "hello\n"

var startup = workload.Workload{
	Name: "startup",
	About: "six bytes, after a start that " + contract.EnvStartupWork + ", " + heapVariable +
		" and the build tag large make dear",
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

// open is busy for as long as it is told to be, and what it returns waits as long.
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
	if ballast[0] == 0 { // never: it is read here, so that the linker keeps it
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
		return 0, fmt.Errorf("%s=%s: a time such as 5ms is needed", variable, text)
	}
	return d, nil
}

func main() { workload.Main(startup) }
