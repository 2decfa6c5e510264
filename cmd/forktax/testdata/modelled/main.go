// Modelled is a workload program whose twins send different responses, so that a harness must refuse to measure it.
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
