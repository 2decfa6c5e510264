package servers

import "strings"

// Servers that forward requests to a program which the app's command starts on a port, by a protocol other than HTTP.

// proxyParameters are the variables of CGI, of which nginx has no module. Without a root, everything is PATH_INFO.
const proxyParameters = `
			{{$.Protocol}}_param SCRIPT_NAME "{{.Root}}";
			{{$.Protocol}}_param PATH_INFO $beyond;
			{{$.Protocol}}_param QUERY_STRING $query_string;
			{{$.Protocol}}_param REQUEST_METHOD $request_method;
			{{$.Protocol}}_param REQUEST_URI $request_uri;
			{{$.Protocol}}_param DOCUMENT_URI $document_uri;
			{{$.Protocol}}_param CONTENT_TYPE $content_type;
			{{if ne $.Protocol "scgi"}}{{$.Protocol}}_param CONTENT_LENGTH $content_length;{{end}}
			{{$.Protocol}}_param SERVER_SOFTWARE nginx;
			{{$.Protocol}}_param SERVER_PROTOCOL $server_protocol;
			{{$.Protocol}}_param SERVER_NAME $server_name;
			{{$.Protocol}}_param SERVER_ADDR $server_addr;
			{{$.Protocol}}_param SERVER_PORT $server_port;
			{{$.Protocol}}_param REMOTE_ADDR $remote_addr;
			{{$.Protocol}}_param REMOTE_PORT $remote_port;
{{range $name, $value := .Variables}}			{{$.Protocol}}_param {{$name}} "{{$value}}";
{{end}}`

// nginxProxy returns a spec of nginx for programs that speak the protocol, a prefix of nginx's directives. The server
// has the name of both.
func nginxProxy(name, handles, more string) webSpec {
	_, protocol, _ := strings.Cut(name, "-")
	return webSpec{
		name:     name,
		about:    "nginx, and " + handles,
		handles:  handles,
		packages: "nginx-light",
		protocol: protocol,
		path:     "{{.Root}}",
		config: map[string]string{"conf": nginxCommon + `
	server {
		listen 127.0.0.1:{{.Port}};
		server_name 127.0.0.1;
		location ~ "^{{.Root}}(?<beyond>.*)$" {
			{{.Protocol}}_pass 127.0.0.1:{{.Backend}};
` + more + proxyParameters + `
		}
	}
}
`},
		commands: [][]string{nginxCommand},
	}
}

var (
	// Connections are not kept: a process of most FastCGI libraries serves one connection at a time, so with fewer
	// processes than connections the others would wait.
	nginxFastCGI = nginxProxy("nginx-fastcgi", FastCGIServer, `
			fastcgi_param GATEWAY_INTERFACE CGI/1.1;
`)
	nginxSCGI = nginxProxy("nginx-scgi", SCGIServer, `
			scgi_param SCGI 1;
`)
)
