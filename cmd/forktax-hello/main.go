// Forktax-hello is a workload program without any work: a response of six bytes, no state. Its cost under an execution
// model is that of the model itself.
package main

import (
	"io"
	"net/http"

	"forktax/workload"
)

const greeting = "hello\n"

var hello = workload.Workload{
	Name:  "hello",
	About: "six bytes, no state: the overhead of the model alone",
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
	Open:   workload.Handler(http.HandlerFunc(greet)),
	Module: true,
}

func greet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, greeting)
}

func main() { workload.Main(hello) }
