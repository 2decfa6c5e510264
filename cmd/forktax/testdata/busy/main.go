// Busy is a workload that works for the time in $BUSY before it is open: a start-up of a known cost.
package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"time"

	"forktax/twin"
)

func main() {
	twin.Main(twin.Workload{
		Name:     "busy",
		Requests: []twin.Request{{Name: "ask", Method: http.MethodGet, Path: "/"}},
		Env:      []string{"BUSY"},
		Open: twin.Whole(func(context.Context) (http.Handler, func() error, error) {
			d, err := time.ParseDuration(os.Getenv("BUSY"))
			for end := time.Now().Add(d); time.Now().Before(end); {
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "done\n") }),
				func() error { return nil }, err
		}),
	})
}
