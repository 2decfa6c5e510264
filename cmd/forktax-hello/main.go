// Forktax-hello is a workload without any work: six bytes, no state. What its cgi twin costs is the model and nothing
// else.
package main

import (
	"io"
	"net/http"

	"forktax/twin"
)

const greeting = "hello\n"

var workload = twin.Workload{
	Name:  "hello",
	About: "six bytes, no state: the pure cost of the model",
	Requests: []twin.Request{{
		Name:   "hello",
		Method: http.MethodGet,
		Path:   "/",
		Want: twin.Want{
			Status:  http.StatusOK,
			Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body:    greeting,
		},
	}},
	Open: twin.Handler(http.HandlerFunc(hello)),
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, greeting)
}

func main() { twin.Main(workload) }
