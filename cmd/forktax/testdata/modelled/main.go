// Modelled is a workload that a harness must refuse to measure: its twins do not answer the same.
package main

import (
	"net/http"
	"os"

	"forktax/workload"
)

func main() {
	workload.Main(workload.Workload{
		Name:     "modelled",
		Requests: []workload.Request{{Name: "ask", Method: http.MethodGet, Path: "/"}},
		Open: workload.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			model := "persistent"
			if os.Getenv("GATEWAY_INTERFACE") != "" {
				model = "cgi"
			}
			w.Header().Set("X-Model", model)
		})),
	})
}
