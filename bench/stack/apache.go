package stack

import (
	"path/filepath"
	"text/template"
)

// apache is Apache 2.4 with its event module, and mod_cgid, whose daemon starts the programs.
var apache = web{
	name:     "apache",
	user:     "www-data",
	programs: []string{"apache2"},
	folders:  []string{"/usr/sbin"},
	modules:  "/usr/lib/apache2/modules",
	packages: "apache2",
	config: template.Must(template.New("apache").Parse(`
ServerRoot {{.Dir}}
ServerName 127.0.0.1
Listen 127.0.0.1:{{.Port}}
PidFile {{.Dir}}/pid
ErrorLog {{.Dir}}/error.log
Mutex file:{{.Dir}} default
LoadModule mpm_event_module {{.Modules}}/mod_mpm_event.so
LoadModule authz_core_module {{.Modules}}/mod_authz_core.so
LoadModule alias_module {{.Modules}}/mod_alias.so
LoadModule cgid_module {{.Modules}}/mod_cgid.so
ScriptSock {{.Dir}}/cgid
ScriptAlias /cgi-bin/ {{.Bin}}/
DocumentRoot {{.Bin}}
KeepAlive On
MaxKeepAliveRequests 0
ThreadsPerChild 64
`)),
	commands: func(s site) [][]string {
		return [][]string{{"apache2", "-D", "FOREGROUND", "-f", filepath.Join(s.Dir, "conf")}}
	},
}
