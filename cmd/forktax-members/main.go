// Forktax-members is a workload that lets in who can prove to be a user, as mod_python's handlers of the phases
// Authen and Authz did: in front of a page of its own, of static files, and of a CGI program in another language.
// Users are in a password file (100 of them, by bcrypt at cost 4) and in a directory (100 more), which is asked about
// names that the file has not.
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

// dirVariable names the folder that prepare filled.
const dirVariable = "MEMBERS_DIR"

func main() { workload.Main(members) }

var members = workload.Workload{
	Name: "members",
	About: "who you are: a password file (100 users, bcrypt at cost 4) and a directory (100 more), in front of a page, a file, " +
		"and a CGI program in shell",
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

// asked is a request by a user, whose password everybody knows.
func asked(name, path, user, body string) workload.Request {
	proof := &http.Request{Header: http.Header{}}
	proof.SetBasicAuth(user, passwordOf(user))
	return workload.Request{
		Name: name, Method: http.MethodGet, Path: path,
		Headers: map[string]string{"Authorization": proof.Header.Get("Authorization")},
		Want: workload.Want{Status: http.StatusOK, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body: body},
	}
}

// open reads the password file. To connect is to be ready for the directory, which is asked when a name is not in the
// file.
func open(context.Context) (workload.Connect, error) {
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return nil, errors.New(dirVariable + " is not set: it names the folder that prepare filled")
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
		gate, shut := opened.Middleware(content)
		return gate, func() error { return errors.Join(shut(), end()) }, nil
	}, nil
}

// contents is what only members see. None of it knows how they have proven it.
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
