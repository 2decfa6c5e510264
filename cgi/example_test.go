//go:build unix

package cgi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"forktax/cgi"
	"forktax/cgi/child"
	"forktax/workload/contract"
)

// A Host serves any CGI program. This one starts a shell for each request.
func ExampleHost() {
	host := &cgi.Host{
		Path:   "/bin/sh",
		Args:   []string{"-c", `printf 'Content-Type: text/plain\n\nhello from %s' "$PATH_INFO"`},
		Limits: contract.ChildLimits{Children: 4, Total: 10 * time.Second},
	}
	defer host.Close()
	server := httptest.NewUnstartedServer(host)
	server.Config.ConnContext = cgi.WithConn
	server.Start()
	defer server.Close()

	resp, err := http.Get(server.URL + "/greeting")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.Status, string(body))
	fmt.Println("processes started:", host.Stats().Started)
	// Output:
	// 200 OK hello from /greeting
	// processes started: 1
}

// WithUser passes the name of an authenticated client to the program.
func ExampleWithUser() {
	host := &cgi.Host{
		Path: "/bin/sh",
		Args: []string{"-c", `printf 'Content-Type: text/plain\n\n%s, by %s' "$REMOTE_USER" "$AUTH_TYPE"`},
	}
	defer host.Close()

	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	host.ServeHTTP(w, cgi.WithUser(r, "Basic", "ada"))
	fmt.Println(w.Body)
	// Output: ada, by Basic
}

// The main function of a program that serves one CGI request per process.
func ExampleChild() {
	if !child.IsChild() {
		fmt.Println("start this program by a CGI host")
		return
	}
	program := child.Program{Open: func(context.Context) (child.Connect, error) {
		return func(context.Context) (http.Handler, func() error, error) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
			return handler, func() error { return nil }, nil
		}, nil
	}}
	if err := program.Serve(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// Output: start this program by a CGI host
}
