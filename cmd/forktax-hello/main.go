// Forktax-hello is a workload without any work: six bytes, no state. What its cgi twin costs is the model and nothing
// else.
package main

import (
	"io"
	"net/http"

	"forktax/workload"
)

const greeting = "hello\n"

var hello = workload.Workload{
	Name:  "hello",
	About: "six bytes, no state: the pure cost of the model",
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
	Open: workload.Handler(http.HandlerFunc(greet)),
}

func greet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, greeting)
}

func main() { workload.Main(hello) }
