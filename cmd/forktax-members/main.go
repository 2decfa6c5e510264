// Forktax-members is a workload program that authenticates its clients, like Apache's phases authn and authz, in front
// of a page, static files, and a CGI program in another language. It has 100 users in a password file (bcrypt at cost
// 4) and 100 more in an LDAP directory, which is asked about names that are not in the file.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"forktax/auth"
	"forktax/cgi"
	"forktax/workload"
)

// dirVariable is the environment variable with the path of the prepared directory.
const dirVariable = "MEMBERS_DIR"

func main() { workload.Main(members) }

var members = workload.Workload{
	Name: "members",
	About: "authentication by a password file (100 users, bcrypt at cost 4) and LDAP (100 more), in front of a page, " +
		"a file, and a CGI program in shell",
	Database: "ldap",
	Requests: []workload.Request{
		asked("file", "/", "ada", "Hello, ada.\n"),
		asked("directory", "/", "grace", "Hello, grace.\n"),
		asked("static", "/files/note.txt", "ada", note),
		asked("script", "/script", "ada", "Basic ada\n"),
	},
	Open:          open,
	Prepare:       prepare,
	Env:           append([]string{dirVariable}, auth.Variables...),
	Authorization: true,
}

// asked returns a request of a user with the user's password.
func asked(name, path, user, body string) workload.Request {
	authorized := &http.Request{Header: http.Header{}}
	authorized.SetBasicAuth(user, passwordOf(user))
	return workload.Request{
		Name: name, Method: http.MethodGet, Path: path,
		Headers: map[string]string{"Authorization": authorized.Header.Get("Authorization")},
		Want: workload.Want{Status: http.StatusOK, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body: body},
	}
}

// open reads the password file. The Connect function that it returns creates the handler; the handler connects to the
// LDAP server when a name is not in the file.
func open(context.Context) (workload.Connect, error) {
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return nil, errors.New(dirVariable + " is not set: run the command prepare, and set it as printed")
	}
	settings, err := auth.FromEnvironment()
	if err != nil {
		return nil, err
	}
	settings.Connection = workload.ConnectionOpened
	opened, err := settings.Open()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (http.Handler, func() error, error) {
		content, end := contents(dir)
		m, shut := opened.Middleware(content)
		return m, func() error { return errors.Join(shut(), end()) }, nil
	}, nil
}

// contents returns the handler behind the authentication, and a function that closes it.
func contents(dir string) (http.Handler, func() error) {
	script := &cgi.Host{Path: scriptIn(dir), Root: "/script"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "Hello, %s.\n", auth.User(r))
	})
	mux.Handle("GET /files/", http.StripPrefix("/files/", http.FileServerFS(os.DirFS(filesIn(dir)))))
	mux.Handle("/script", script)
	return mux, script.Close
}
