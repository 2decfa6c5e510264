package servers

// lighttpdWeb returns w completed for lighttpd 1.4 with mod_cgi.
func lighttpdWeb(w webSpec) webSpec {
	w.config["conf"] = `
server.modules = ("mod_alias", "mod_cgi", "mod_setenv")
server.bind = "127.0.0.1"
server.port = {{.Port}}
server.document-root = "{{.Bin}}"
server.errorlog = "{{.Dir}}/error.log"
server.upload-dirs = ("{{.Dir}}")
server.max-keep-alive-requests = 1000000000
{{range $name, $_ := .Variables}}setenv.add-environment += ("{{$name}}" => env.{{$name}})
{{end}}` + w.config["conf"]
	w.commands = [][]string{{"lighttpd", "-D", "-f", "{{.Dir}}/conf"}}
	return w
}

var lighttpd = lighttpdWeb(webSpec{
	name:     "lighttpd",
	about:    "lighttpd's mod_cgi",
	handles:  Executable,
	packages: "lighttpd",
	path:     "/cgi-bin/{{.File}}",
	config: map[string]string{"conf": `
alias.url = ("/cgi-bin/" => "{{.Bin}}/")
cgi.assign = ("" => "")
`},
})

// phpCGI starts PHP's interpreter for each request.
var phpCGI = lighttpdWeb(webSpec{
	name:     "php-cgi",
	about:    "lighttpd's mod_cgi, with php-cgi",
	handles:  PHPPage,
	fresh:    true,
	helpers:  []string{"php-cgi"},
	packages: "lighttpd php-cgi",
	path:     "/{{.File}}",
	config: map[string]string{"conf": `
cgi.assign = (".php" => "{{index .Helpers "php-cgi"}}")
`},
})
