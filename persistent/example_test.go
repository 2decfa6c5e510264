package persistent_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"forktax/persistent"
)

// A Server serves until its context ends, and then lets the requests in progress end.
func ExampleServer() {
	server := persistent.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }),
		Drain:   time.Second,
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, ln) }()

	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Println(resp.Status, string(body), err)

	stop()
	fmt.Println("Serve:", <-ended)
	// Output:
	// 200 OK hello <nil>
	// Serve: <nil>
}

// A PerRequest creates its handler for each request.
func ExamplePerRequest() {
	opened := 0
	handler := &persistent.PerRequest{
		Open: func(context.Context) (func(context.Context) (http.Handler, func() error, error), error) {
			opened++
			return func(context.Context) (http.Handler, func() error, error) {
				h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "handler ", opened) })
				return h, func() error { return nil }, nil
			}, nil
		},
	}
	for range 2 {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		fmt.Println(w.Body)
	}
	// Output:
	// handler 1
	// handler 2
}
