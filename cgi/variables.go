package cgi

import (
	"context"
	"net"
	"net/http"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// A user is who a server in front of the host has found the client to be.
type user struct{ scheme, name string }

type userKey struct{}

// WithUser returns r as one whose client has proven to be the user of that name, by a scheme such as "Basic". Children
// see it in AUTH_TYPE and REMOTE_USER.
func WithUser(r *http.Request, scheme, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user{scheme, name}))
}

// serverSoftware is what children see of the host in SERVER_SOFTWARE.
const serverSoftware = "forktax"

// childRequest is r as net/http/cgi is to see it: without the headers of which it would make variables that a child
// must not have.
func (h *Host) childRequest(r *http.Request) *http.Request {
	own := *r
	own.Header = make(http.Header, len(r.Header))
	for name, values := range r.Header {
		if h.passesHeader(name) {
			own.Header[name] = values
		}
	}
	return &own
}

// passesHeader reports whether a header becomes a variable. Whether HTTP_X_Y is of X-Y or of X_Y no child could tell,
// so only letters, digits and - make a name; RFC 3875, sections 4.1.18 and 9.2, has the rest. The variables
// CONTENT_TYPE and CONTENT_LENGTH are made elsewhere, and Proxy is what programs take for their own variable of that
// name (httpoxy).
func (h *Host) passesHeader(name string) bool {
	switch name {
	case "Authorization", "Proxy-Authorization":
		return h.Authorization
	case "Content-Type", "Content-Length", "Proxy":
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// shellFunction is how a value begins that old shells take for a function and execute (CVE-2014-6271).
const shellFunction = "() {"

// isShellshock reports whether a value of the request's header would be executed by a child that is an old shell, or
// starts one.
func isShellshock(r *http.Request) bool {
	for _, values := range r.Header {
		for _, v := range values {
			if strings.HasPrefix(v, shellFunction) {
				return true
			}
		}
	}
	return false
}

// variables are those that net/http/cgi leaves out, or has wrong by RFC 3875.
func (h *Host) variables(r *http.Request, s script) []string {
	name, port := serverAddress(r)
	vars := make([]string, 0, 16+len(h.Env)) // room for all, and for the report's and the mark
	vars = append(vars,
		"SERVER_SOFTWARE="+serverSoftware,
		"SERVER_PROTOCOL="+r.Proto, // 4.1.16
		"SERVER_NAME="+name,
		"SERVER_PORT="+port,
	)
	if t := r.Header.Get("Content-Type"); t != "" {
		vars = append(vars, "CONTENT_TYPE="+t)
	}
	if r.ContentLength == 0 && r.Header.Get("Content-Length") != "" { // a body of no bytes is one, too
		vars = append(vars, "CONTENT_LENGTH=0")
	}
	if beyond := strings.TrimPrefix(r.URL.Path, s.name); beyond != "" && h.Documents != "" {
		vars = append(vars, "PATH_TRANSLATED="+filepath.Join(h.Documents, filepath.FromSlash(path.Clean(beyond)))) // 4.1.6
	}
	if u, ok := r.Context().Value(userKey{}).(user); ok {
		vars = append(vars, "AUTH_TYPE="+u.scheme, "REMOTE_USER="+u.name) // 4.1.1 and 4.1.11
	}
	return vars
}

// serverAddress is the name and the port that the client has asked: the name as it called it (4.1.14), and the port on
// which the request came, whatever it said (4.1.15).
func serverAddress(r *http.Request) (name, port string) {
	name, port = r.Host, "80"
	if r.TLS != nil {
		port = "443"
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if tcp, ok := local.(*net.TCPAddr); ok {
		port = strconv.Itoa(tcp.Port)
		if name == "" {
			name = tcp.IP.String()
			if tcp.IP.To4() == nil {
				name = "[" + name + "]"
			}
		}
	}
	if end := strings.LastIndexByte(name, ':'); end > strings.LastIndexByte(name, ']') {
		name = name[:end]
	}
	return name, port
}
