package stack

import (
	"path/filepath"
	"strconv"
	"text/template"
)

// nginx is nginx before fcgiwrap: nginx itself executes nothing, and hands requests on by FastCGI.
var nginx = web{
	name:     "nginx",
	user:     "www-data",
	programs: []string{"fcgiwrap", "nginx"},
	folders:  []string{"/usr/sbin"},
	packages: "nginx-light fcgiwrap",
	config: template.Must(template.New("nginx").Parse(`
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
	server {
		listen 127.0.0.1:{{.Port}};
		location ~ ^/cgi-bin(?<program>/[^/]+)(?<beyond>.*)$ {
			fastcgi_pass unix:{{.Dir}}/fcgi;
			fastcgi_param SCRIPT_FILENAME {{.Bin}}$program;
			fastcgi_param SCRIPT_NAME /cgi-bin$program;
			fastcgi_param PATH_INFO $beyond;
			fastcgi_param QUERY_STRING $query_string;
			fastcgi_param REQUEST_METHOD $request_method;
			fastcgi_param REQUEST_URI $request_uri;
			fastcgi_param CONTENT_TYPE $content_type;
			fastcgi_param CONTENT_LENGTH $content_length;
			fastcgi_param GATEWAY_INTERFACE CGI/1.1;
			fastcgi_param SERVER_SOFTWARE nginx;
			fastcgi_param SERVER_PROTOCOL $server_protocol;
			fastcgi_param SERVER_NAME $server_name;
			fastcgi_param SERVER_ADDR $server_addr;
			fastcgi_param SERVER_PORT $server_port;
			fastcgi_param REMOTE_ADDR $remote_addr;
			fastcgi_param REMOTE_PORT $remote_port;
		}
	}
}
`)),
	commands: func(s site) [][]string {
		return [][]string{
			{"fcgiwrap", "-c", strconv.Itoa(s.Workers), "-s", "unix:" + filepath.Join(s.Dir, "fcgi")},
			{"nginx", "-p", s.Dir, "-c", filepath.Join(s.Dir, "conf"), "-e", filepath.Join(s.Dir, "error.log")},
		}
	},
}
