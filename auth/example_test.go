package auth_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"forktax/auth"
)

// This example authenticates the users of a password file, as written by htpasswd.
func ExampleMiddleware() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "users")
	const ada = "ada:$apr1$J1R5Q6k6$puIbs2J8lhO6Vzn2Nt0Uy.\n"
	if err := os.WriteFile(path, []byte(ada), 0o600); err != nil {
		log.Fatal(err)
	}
	users, err := auth.NewFile(path, "")
	if err != nil {
		log.Fatal(err)
	}
	handler := &auth.Middleware{
		Users: users,
		Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "hello, %s", auth.User(r))
		}),
	}

	for _, password := range []string{"enchantress", "guess"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.SetBasicAuth("ada", password)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 hello, ada
	// 401 Unauthorized
}

// This example authenticates the users of an LDAP server who are in the group readers.
func ExampleSettings() {
	settings := auth.Settings{
		LDAP:   "ldap://localhost:389/ou=people,dc=example?uid",
		Groups: "ou=groups,dc=example",
		Group:  "readers",
	}
	opened, err := settings.Open()
	if err != nil {
		log.Fatal(err)
	}
	handler, shut := opened.Middleware(http.NotFoundHandler())
	defer shut()

	// The LDAP server is not asked about clients without credentials.
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	// Output: 401 Basic realm="members", charset="UTF-8"
}
