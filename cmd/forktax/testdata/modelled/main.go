// Modelled is a workload that a harness must refuse to measure: its twins do not answer the same.
package main

import (
	"net/http"
	"os"

	"forktax/twin"
)

func main() {
	twin.Main(twin.Workload{
		Name:     "modelled",
		Requests: []twin.Request{{Name: "ask", Method: http.MethodGet, Path: "/"}},
		Open: twin.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			model := "persistent"
			if os.Getenv("GATEWAY_INTERFACE") != "" {
				model = "cgi"
			}
			w.Header().Set("X-Model", model)
		})),
	})
}
