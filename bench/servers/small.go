package servers

// Small servers with CGI. Each is configured as its documentation shows.

var busybox = webSpec{
	name:     "busybox",
	about:    "BusyBox's httpd",
	handles:  Executable,
	packages: "busybox",
	path:     "/cgi-bin/{{.File}}", // the only directory from which it executes programs
	commands: [][]string{{"busybox", "httpd", "-f", "-p", "127.0.0.1:{{.Port}}", "-h", "{{.Dir}}"}},
}

var miniHTTPD = webSpec{
	name:        "mini_httpd",
	about:       "mini_httpd",
	handles:     Executable,
	packages:    "mini-httpd",
	noVariables: true,
	path:        "/cgi-bin/{{.File}}",
	commands: [][]string{{"mini_httpd", "-D", "-h", "127.0.0.1", "-p", "{{.Port}}", "-d", "{{.Dir}}", "-c", "cgi-bin/**",
		"-l", "{{.Dir}}/error.log"}},
}

var uwsgi = webSpec{
	name:     "uwsgi",
	about:    "uWSGI's HTTP router and CGI plugin",
	handles:  Executable,
	packages: "uwsgi-core",
	path:     "/cgi-bin/{{.File}}",
	commands: [][]string{{"uwsgi", "--plugins", "http,cgi", "--http", "127.0.0.1:{{.Port}}", "--http-modifier1", "9",
		"--http-keepalive", "--master", "--die-on-term", "--processes", "{{.Workers}}", "--cgi", "/cgi-bin={{.Bin}}",
		"--disable-logging", "--logto", "{{.Dir}}/error.log"}},
}

var h2o = webSpec{
	name:     "h2o",
	about:    "h2o's fastcgi-cgi",
	handles:  Executable,
	helpers:  []string{"perl"},
	packages: "h2o perl",
	path:     "/cgi-bin/{{.File}}",
	config: map[string]string{"conf": `
pid-file: {{.Dir}}/pid
error-log: {{.Dir}}/error.log
temp-buffer-path: {{.Dir}}
listen:
  host: 127.0.0.1
  port: {{.Port}}
hosts:
  default:
    paths:
      /cgi-bin:
        file.dir: {{.Bin}}
        file.custom-handler:
          extension: "{{.Extension}}"
          fastcgi.spawn: "exec /usr/share/h2o/fastcgi-cgi"
`},
	commands: [][]string{{"h2o", "-c", "{{.Dir}}/conf"}},
}
