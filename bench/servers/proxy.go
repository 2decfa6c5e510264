package servers

import "strings"

// Servers that forward requests to a program which the app's command starts on a port, by a protocol other than HTTP.

// nginxProxy returns a spec of nginx for programs that speak the protocol, a prefix of nginx's directives. The server
// has the name of both. Without a root, everything is PATH_INFO.
func nginxProxy(name, handles, more string) webSpec {
	_, protocol, _ := strings.Cut(name, "-")
	parameter := protocol + "_param"
	return webSpec{
		name:     name,
		about:    "nginx, and " + handles,
		handles:  handles,
		packages: "nginx-light",
		forwards: true,
		path:     "{{.Root}}",
		config: map[string]string{"conf": nginxCommon + `
	server {
		listen 127.0.0.1:{{.Port}};
		server_name 127.0.0.1;
		location ~ "^{{.Root}}(?<beyond>.*)$" {
			` + protocol + `_pass 127.0.0.1:{{.Backend}};
			` + parameter + ` SCRIPT_NAME "{{.Root}}";
			` + parameter + ` DOCUMENT_URI $document_uri;
` + nginxParameters(parameter) + more + `
{{range $name, $value := .Variables}}			` + parameter + ` {{$name}} "{{$value}}";
{{end}}		}
	}
}
`},
		commands: [][]string{nginxCommand},
	}
}

var (
	// Connections are not kept: a process of most FastCGI libraries serves one connection at a time, so with fewer
	// processes than connections the others would wait.
	nginxFastCGI = nginxProxy("nginx-fastcgi", FastCGIServer, nginxFastCGIOnly)
	nginxSCGI    = nginxProxy("nginx-scgi", SCGIServer, `
			scgi_param SCGI 1;
`)
)
