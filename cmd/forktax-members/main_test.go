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

// withDirectory serves a directory until stop is called or the test ends, and has prepare use it.
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

// relay passes connections on to the address, until shut is called or the test ends. The directory itself answers what
// comes on a connection that it has, although it was told to end, until its process does.
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

// opened is the workload on data of its own.
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

func answer(h http.Handler, path, user, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.SetBasicAuth(user, password)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The answers are those that the program promises, and only members get them, whatever is behind. Without a directory, who
// has to be asked for there gets status 503, and no other.
func TestAnswers(t *testing.T) {
	stop := withDirectory(t)
	handler := opened(t)
	for _, r := range members.Requests {
		request := httptest.NewRequest(r.Method, r.Path, nil)
		for name, value := range r.Headers {
			request.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		if w.Code != r.Want.Status || w.Body.String() != r.Want.Body || w.Header().Get("Content-Type") != r.Want.Headers["Content-Type"] {
			t.Errorf("%s: %d %q %q, want %+v", r.Name, w.Code, w.Header(), w.Body, r.Want)
		}
	}
	for _, path := range []string{"/", "/files/note.txt", "/script", "/nowhere"} {
		if w := answer(handler, path, "ada", "guess"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: a wrong password got %d", path, w.Code)
		}
		if w := answer(handler, path, outsider, passwordOf(outsider)); w.Code != http.StatusForbidden {
			t.Errorf("%s: a user who is in no group got %d", path, w.Code)
		}
	}
	for _, user := range []string{"brian", "claude", "person42"} {
		if w := answer(handler, "/", user, passwordOf(user)); w.Code != http.StatusOK {
			t.Errorf("%s got %d", user, w.Code)
		}
	}
	stop()
	if w := answer(handler, "/", "grace", passwordOf("grace")); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a directory its user got %d", w.Code)
	}
	if w := answer(handler, "/", "ada", passwordOf("ada")); w.Code != http.StatusOK {
		t.Errorf("without a directory the file's user got %d", w.Code)
	}
}

// What is prepared is the same bytes each time, but for where it is.
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
		t.Errorf("prepare made %v, and then others", slices.Sorted(maps.Keys(made[0])))
	}
	t.Setenv(contract.EnvDatabase, "")
	if _, err := prepare(t.Context(), t.TempDir()); err == nil {
		t.Error("prepare needs no directory")
	}
}
