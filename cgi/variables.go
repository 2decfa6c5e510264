package cgi

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"forktax/cgi/child"
	"forktax/workload/contract"
)

// A user is a client as authenticated by a handler in front of the host.
type user struct{ scheme, name string }

type userKey struct{}

// WithUser returns a copy of r for a client that was authenticated as the named user by a scheme such as "Basic". A
// [Host] passes them to children as AUTH_TYPE and REMOTE_USER (RFC 3875, sections 4.1.1 and 4.1.11).
func WithUser(r *http.Request, scheme, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user{scheme, name}))
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

// defaultPath is PATH if the host has none, that of net/http/cgi.
const defaultPath = "/bin:/usr/bin:/usr/ucb:/usr/bsd:/usr/local/bin"

// initEnvironment sets the variables that do not depend on the request. Those of Env override all others.
func (h *Host) initEnvironment() {
	h.own = map[string]bool{contract.EnvChild: true}
	var names []string
	values := map[string]string{}
	set := func(name, value string) {
		if _, is := values[name]; !is {
			names = append(names, name)
		}
		values[name] = value
	}
	set("GATEWAY_INTERFACE", "CGI/1.1")
	set("SERVER_SOFTWARE", "forktax")
	set("PATH", cmp.Or(os.Getenv("PATH"), defaultPath))
	for _, name := range append([]string{contract.LibraryPath()}, h.InheritEnv...) {
		if value, is := os.LookupEnv(name); is && value != "" {
			set(name, value)
		}
	}
	for _, setting := range h.Env {
		name, value, _ := strings.Cut(setting, "=")
		set(name, value)
		h.own[name] = true
	}
	for _, name := range names {
		if name != contract.EnvChild {
			h.fixed = append(h.fixed, name+"="+values[name])
		}
	}
}

// environment returns the environment of the child. The numbers in the comments are sections of RFC 3875.
func (h *Host) environment(e *exchange, s script) []string {
	r := e.request
	vars := append(make([]string, 0, len(h.fixed)+len(r.Header)+24), h.fixed...)
	set := func(name, value string) {
		if !h.own[name] {
			vars = append(vars, name+"="+value)
		}
	}
	name, port := serverAddress(r)
	beyond := strings.TrimPrefix(r.URL.Path, s.name)
	set("SERVER_PROTOCOL", r.Proto) // 4.1.16
	set("SERVER_NAME", name)
	set("SERVER_PORT", port)
	set("REQUEST_METHOD", r.Method)
	set("REQUEST_URI", r.URL.RequestURI())
	set("QUERY_STRING", r.URL.RawQuery)
	set("SCRIPT_NAME", s.name)
	set("SCRIPT_FILENAME", s.path)
	set("PATH_INFO", beyond)
	if beyond != "" && h.Documents != "" {
		set("PATH_TRANSLATED", filepath.Join(h.Documents, filepath.FromSlash(path.Clean(beyond)))) // 4.1.6
	}
	if address, port, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		set("REMOTE_ADDR", address)
		set("REMOTE_HOST", address)
		set("REMOTE_PORT", port)
	} else {
		set("REMOTE_ADDR", r.RemoteAddr)
		set("REMOTE_HOST", r.RemoteAddr)
	}
	if r.TLS != nil {
		set("HTTPS", "on")
	}
	if u, ok := r.Context().Value(userKey{}).(user); ok { // 4.1.1 and 4.1.11
		set("AUTH_TYPE", u.scheme)
		set("REMOTE_USER", u.name)
	}
	if t := r.Header.Get("Content-Type"); t != "" {
		set("CONTENT_TYPE", t)
	}
	if r.ContentLength > 0 || r.Header.Get("Content-Length") != "" { // an empty body is a body
		set("CONTENT_LENGTH", strconv.FormatInt(r.ContentLength, 10))
	}
	if r.Host != "" {
		set("HTTP_HOST", r.Host)
	}
	for name, values := range r.Header {
		if h.passesHeader(name) {
			between := ", "
			if name == "Cookie" {
				between = "; "
			}
			set(headerVariable(name), strings.Join(values, between))
		}
	}
	if e.stderr.wanted != "" {
		vars = append(vars, child.Variable+"="+e.stderr.wanted)
	}
	return append(vars, contract.EnvChild+"="+e.mark)
}

// headerVariable returns the variable for a header (4.1.18).
func headerVariable(name string) string {
	b := append(make([]byte, 0, len("HTTP_")+len(name)), "HTTP_"...)
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case c == '-':
			c = '_'
		}
		b = append(b, c)
	}
	return string(b)
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
