package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"forktax/bench/ldapmem"
	"forktax/bench/process"
	"forktax/workload/contract"
)

// withDirectory starts an in-memory LDAP server for prepare. It ends when stop is called or the test ends.
func withDirectory(t *testing.T) (stop func()) {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprint("127.0.0.1:", port)
	s := &ldapmem.Server{Suffix: "dc=example", Admin: "cn=admin,dc=example", Password: "secret"}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, addr) }()
	relayed, shut := relay(t, addr)
	stopped := false
	stop = func() {
		shut()
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := ldap.DialURL("ldap://" + addr)
		if err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Setenv(contract.EnvDatabase, "ldap://cn=admin%2Cdc=example:secret@"+relayed+"/dc=example")
	return stop
}

// relay is a TCP proxy to the address, until shut is called or the test ends. It is needed because the LDAP server
// keeps serving its open connections after its context has ended, until its process exits.
func relay(t *testing.T, to string) (addr string, shut func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	pass := func(from net.Conn) {
		defer from.Close()
		conn, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() {
			from.Close()
			conn.Close()
		})()
		go io.Copy(conn, from)
		io.Copy(from, conn)
	}
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { pass(conn) })
		}
	})
	shut = func() {
		cancel()
		l.Close()
		all.Wait()
	}
	t.Cleanup(shut)
	return l.Addr().String(), shut
}

// opened returns the handler of the workload with newly prepared data.
func opened(t *testing.T) http.Handler {
	t.Helper()
	env, err := prepare(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	connect, err := open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	handler, shut, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shut(); err != nil {
			t.Error(err)
		}
	})
	return handler
}

func ask(h http.Handler, path, user, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.SetBasicAuth(user, password)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The responses are those of the description, and only users in the group get them. Without an LDAP server, its users
// get status 503, and users of the password file are served.
func TestResponses(t *testing.T) {
	stop := withDirectory(t)
	handler := opened(t)
	for _, r := range members.Requests {
		request := httptest.NewRequest(r.Method, r.Path, nil)
		for name, value := range r.Headers {
			request.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		contentType := w.Header().Get("Content-Type")
		if w.Code != r.Want.Status || w.Body.String() != r.Want.Body || contentType != r.Want.Headers["Content-Type"] {
			t.Errorf("%s: %d %q %q, want %+v", r.Name, w.Code, w.Header(), w.Body, r.Want)
		}
	}
	for _, path := range []string{"/", "/files/note.txt", "/script", "/nowhere"} {
		if w := ask(handler, path, "ada", "guess"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: status %d for a wrong password, want 401", path, w.Code)
		}
		if w := ask(handler, path, outsider, passwordOf(outsider)); w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d for a user in no group, want 403", path, w.Code)
		}
	}
	for _, user := range []string{"brian", "claude", "person42"} {
		if w := ask(handler, "/", user, passwordOf(user)); w.Code != http.StatusOK {
			t.Errorf("status %d for %s, want 200", w.Code, user)
		}
	}
	stop()
	if w := ask(handler, "/", "grace", passwordOf("grace")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("status %d for an LDAP user without the server, want 503", w.Code)
	}
	if w := ask(handler, "/", "ada", passwordOf("ada")); w.Code != http.StatusOK {
		t.Errorf("status %d for a user of the file without the LDAP server, want 200", w.Code)
	}
}

// The prepared files are the same each time.
func TestPrepare(t *testing.T) {
	var made []map[string]string
	for range 2 {
		withDirectory(t)
		dir := t.TempDir()
		if _, err := prepare(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			info, _ := d.Info()
			files[name] = fmt.Sprint(info.Mode(), string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, files)
	}
	if !maps.Equal(made[0], made[1]) || len(made[0]) != 4 {
		t.Errorf("prepare wrote %v with different content the second time, or other files, want 4 equal files",
			slices.Sorted(maps.Keys(made[0])))
	}
	t.Setenv(contract.EnvDatabase, "")
	if _, err := prepare(t.Context(), t.TempDir()); err == nil {
		t.Error("prepare without an LDAP server = nil, want an error")
	}
}
