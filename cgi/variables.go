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

// A user is a client as authenticated by a handler in front of the host.
type user struct{ scheme, name string }

type userKey struct{}

// WithUser returns a copy of r for a client that was authenticated as the named user by a scheme such as "Basic". A
// [Host] passes them to children as AUTH_TYPE and REMOTE_USER (RFC 3875, sections 4.1.1 and 4.1.11).
func WithUser(r *http.Request, scheme, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user{scheme, name}))
}

// serverSoftware is the value of SERVER_SOFTWARE.
const serverSoftware = "forktax"

// childRequest returns r for net/http/cgi, without the headers that must not become variables of a child.
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

// passesHeader reports whether a header becomes a variable; see RFC 3875, sections 4.1.18 and 9.2. The following do
// not:
//   - names with other characters than letters, digits and -, because X-Y and X_Y would both become HTTP_X_Y
//   - Content-Type and Content-Length, whose variables are set elsewhere
//   - Proxy, because programs mistake HTTP_PROXY for a setting of their own (httpoxy, CVE-2016-5386)
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

// shellFunction is the beginning of a value that old versions of bash execute as a function (CVE-2014-6271).
const shellFunction = "() {"

// isShellshock reports whether an old shell would execute a header value of the request.
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

// variables returns the variables that net/http/cgi leaves out, or sets differently from RFC 3875. The numbers in the
// comments are sections of that.
func (h *Host) variables(r *http.Request, s script) []string {
	name, port := serverAddress(r)
	vars := make([]string, 0, 16+len(h.Env)) // with room for reportVariable and the mark
	vars = append(vars,
		"SERVER_SOFTWARE="+serverSoftware,
		"SERVER_PROTOCOL="+r.Proto, // 4.1.16
		"SERVER_NAME="+name,
		"SERVER_PORT="+port,
	)
	if t := r.Header.Get("Content-Type"); t != "" {
		vars = append(vars, "CONTENT_TYPE="+t)
	}
	if r.ContentLength == 0 && r.Header.Get("Content-Length") != "" { // an empty body is a body
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

// serverAddress returns SERVER_NAME, the name that the client used (RFC 3875, section 4.1.14), and SERVER_PORT, the
// port on which the request arrived (section 4.1.15).
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
