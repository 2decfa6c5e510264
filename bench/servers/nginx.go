package servers

import (
	"fmt"
	"strings"
)

// nginxCommon begins the configuration of nginx. The section http is left open.
const nginxCommon = `
daemon off;
pid {{.Dir}}/pid;
error_log {{.Dir}}/error.log;
worker_processes auto;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path {{.Dir}}/body;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	proxy_temp_path {{.Dir}}/proxy;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;
	keepalive_requests 1000000000;
`

var nginxCommand = []string{"nginx", "-p", "{{.Dir}}", "-c", "{{.Dir}}/conf", "-e", "{{.Dir}}/error.log"}

// nginxFastCGIOnly sets the variables of CGI that are not set, or by nginx itself, for another protocol.
const nginxFastCGIOnly = `
			fastcgi_param CONTENT_LENGTH $content_length;
			fastcgi_param GATEWAY_INTERFACE CGI/1.1;
`

// nginxParameters sets the other variables of CGI by a directive of nginx. Its group beyond is the PATH_INFO.
func nginxParameters(directive string) string {
	var text strings.Builder
	for _, p := range []string{"PATH_INFO $beyond", "QUERY_STRING $query_string", "REQUEST_METHOD $request_method",
		"REQUEST_URI $request_uri", "CONTENT_TYPE $content_type", "SERVER_SOFTWARE nginx",
		"SERVER_PROTOCOL $server_protocol", "SERVER_NAME $server_name", "SERVER_ADDR $server_addr",
		"SERVER_PORT $server_port", "REMOTE_ADDR $remote_addr", "REMOTE_PORT $remote_port"} {
		fmt.Fprintf(&text, "\t\t\t%s %s;\n", directive, p)
	}
	return text.String()
}

// nginxWeb returns w completed for nginx in front of a FastCGI server: nginx itself executes nothing. Pattern is a
// regular expression for URL paths. Its groups are script, the path of the program, and beyond, the rest of the path.
// Program is the program's path below Bin.
func nginxWeb(w webSpec, pattern, program string) webSpec {
	if w.config == nil {
		w.config = map[string]string{}
	}
	w.config["conf"] = nginxCommon + `
	server {
		listen 127.0.0.1:{{.Port}};
		server_name 127.0.0.1;
		location ~ ` + pattern + ` {
			fastcgi_pass unix:{{.Dir}}/fcgi;
			fastcgi_param SCRIPT_FILENAME {{.Bin}}` + program + `;
			fastcgi_param SCRIPT_NAME $script;
` + nginxParameters("fastcgi_param") + nginxFastCGIOnly + `
		}
	}
}
`
	w.commands = append(w.commands, nginxCommand)
	return w
}

// nginx uses fcgiwrap to execute programs.
var nginx = nginxWeb(webSpec{
	name:           "nginx",
	about:          "nginx and fcgiwrap",
	handles:        Executable,
	ignoresSIGCHLD: true,
	packages:       "nginx-light fcgiwrap",
	path:           "/cgi-bin/{{.File}}",
	commands:       [][]string{{"fcgiwrap", "-c", "{{.Workers}}", "-s", "unix:{{.Dir}}/fcgi"}},
}, "^(?<script>/cgi-bin(?<program>/[^/]+))(?<beyond>.*)$", "$program")

// phpFPM uses processes of PHP's own process manager.
var phpFPM = nginxWeb(webSpec{
	name:     "php-fpm",
	about:    "nginx and php-fpm",
	handles:  PHPPage,
	packages: "nginx-light php-fpm",
	path:     "/{{.File}}",
	config: map[string]string{"fpm": `
[global]
error_log = {{.Dir}}/fpm.log
[www]
listen = {{.Dir}}/fcgi
pm = {{or .Manager "static"}}
pm.max_children = {{.Workers}}
pm.max_requests = {{.Requests}}
{{if eq .Manager "dynamic"}}
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
{{end}}
clear_env = no
`},
	// The manager's name has PHP's version at its end.
	commands: [][]string{{"php-fpm*", "--nodaemonize", "--fpm-config", "{{.Dir}}/fpm"}},
}, "^(?<script>/[^/]+)(?<beyond>.*)$", "$script")
