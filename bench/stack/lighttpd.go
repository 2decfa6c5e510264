package stack

import (
	"path/filepath"
	"text/template"
)

// lighttpd is lighttpd 1.4 with mod_cgi.
var lighttpd = web{
	name:     "lighttpd",
	user:     "www-data",
	programs: []string{"lighttpd"},
	folders:  []string{"/usr/sbin"},
	packages: "lighttpd",
	config: template.Must(template.New("lighttpd").Parse(`
server.modules = ("mod_alias", "mod_cgi")
server.bind = "127.0.0.1"
server.port = {{.Port}}
server.document-root = "{{.Dir}}"
server.errorlog = "{{.Dir}}/error.log"
server.upload-dirs = ("{{.Dir}}")
server.max-keep-alive-requests = 1000000000
alias.url = ("/cgi-bin/" => "{{.Bin}}/")
cgi.assign = ("" => "")
`)),
	commands: func(s site) [][]string {
		return [][]string{{"lighttpd", "-D", "-f", filepath.Join(s.Dir, "conf")}}
	},
}
