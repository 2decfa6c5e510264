package servers

import "path/filepath"

// apacheWeb is a way in which Apache 2.4 has something answer, by these modules and directives.
func apacheWeb(w webSpec, modules ...string) webSpec {
	w.user, w.programs, w.dirs, w.modules = "www-data", []string{"apache2"}, []string{"/usr/sbin"}, "/usr/lib/apache2/modules"
	config := `
ServerRoot {{.Dir}}
ServerName 127.0.0.1
Listen 127.0.0.1:{{.Port}}
PidFile {{.Dir}}/pid
ErrorLog {{.Dir}}/error.log
Mutex file:{{.Dir}} default
DocumentRoot {{.Bin}}
KeepAlive On
MaxKeepAliveRequests 0
LoadModule authz_core_module {{.Modules}}/mod_authz_core.so
`
	for _, name := range modules {
		config += "LoadModule " + name + "_module {{.Modules}}/mod_" + name + ".so\n"
	}
	w.config["conf"] = config + w.config["conf"]
	w.commands = func(s site) [][]string {
		return [][]string{{"apache2", "-D", "FOREGROUND", "-f", filepath.Join(s.Dir, "conf")}}
	}
	return w
}

// apacheThreads is for the module mpm_event: 64 of one process serve all clients of a run.
const apacheThreads = "ThreadsPerChild 64\n"

// apachePassEnv hands the variables of an app on to what Apache executes.
const apachePassEnv = "{{range $name, $_ := .Variables}}PassEnv {{$name}}\n{{end}}"

// apache has mod_cgid, whose daemon starts the programs.
var apache = apacheWeb(webSpec{
	name:           "apache",
	about:          "Apache's event module and mod_cgid",
	handles:        Executable,
	ignoresSIGCHLD: true,
	packages:       "apache2",
	path:           "/cgi-bin/{{.File}}",
	config: map[string]string{"conf": apacheThreads + apachePassEnv + `
ScriptSock {{.Dir}}/cgid
ScriptAlias /cgi-bin/ {{.Bin}}/
`},
}, "mpm_event", "alias", "env", "cgid")

// apacheProcesses is for the module mpm_prefork: one request at a time in each of so many that are there from the
// beginning.
const apacheProcesses = `
StartServers {{.Workers}}
MinSpareServers 1
MaxSpareServers {{.Workers}}
MaxConnectionsPerChild 0
`

// modPythonConfig has mod_python answer. The handlers of a process share an interpreter, and with it what a module
// opened when it was imported.
const modPythonConfig = apachePassEnv + `
PythonInterpreter main_interpreter
PythonPath "sys.path + ['{{.Bin}}']"
PythonAutoReload Off
PythonDebug Off
`

const pythonPackages = "apache2 libapache2-mod-python"

var modPython = apacheWeb(webSpec{
	name:     "mod_python",
	about:    "Apache's event module and a handler of mod_python",
	handles:  PythonHandler,
	needs:    []string{"mod_python.so"},
	packages: pythonPackages,
	path:     "/{{.Module}}",
	config: map[string]string{"conf": apacheThreads + modPythonConfig + `
PythonImport {{.Module}} main_interpreter
Alias /{{.Module}} {{.Bin}}/{{.File}}
<Files {{.File}}>
	SetHandler mod_python
	PythonHandler {{.Module}}
</Files>
`},
}, "mpm_event", "alias", "env", "python")

// pythonPublisher crashes without mod_mime, which it asks what extensions are handled. It is not safe for threads, and
// nor is the handler of CGI scripts: with several, two in a hundred of their answers were another's, or none.
var pythonPublisher = apacheWeb(webSpec{
	name:     "mod_python-publisher",
	about:    "Apache's prefork module and mod_python's publisher",
	handles:  PythonPublisher,
	needs:    []string{"mod_python.so"},
	packages: pythonPackages,
	path:     "/{{.File}}/index",
	config: map[string]string{"conf": apacheProcesses + modPythonConfig + `
TypesConfig /dev/null
<Files {{.File}}>
	SetHandler mod_python
	PythonHandler mod_python.publisher
</Files>
`},
}, "mpm_prefork", "env", "mime", "python")

// pythonScripts have no standard input under Python 3: what mod_python puts in its place fails at the first byte.
var pythonScripts = apacheWeb(webSpec{
	name:     "mod_python-cgihandler",
	about:    "Apache's prefork module and mod_python's handler of CGI scripts",
	handles:  PythonScript,
	needs:    []string{"mod_python.so"},
	packages: pythonPackages,
	path:     "/{{.File}}",
	config: map[string]string{"conf": apacheProcesses + modPythonConfig + `
<Files {{.File}}>
	SetHandler mod_python
	PythonHandler mod_python.cgihandler
</Files>
`},
}, "mpm_prefork", "env", "python")

var modWSGI = apacheWeb(webSpec{
	name:     "mod_wsgi",
	about:    "Apache's event module and mod_wsgi",
	handles:  PythonWSGI,
	needs:    []string{"mod_wsgi.so"},
	packages: "apache2 libapache2-mod-wsgi-py3",
	path:     "/{{.Module}}",
	config: map[string]string{"conf": apacheThreads + `
WSGISocketPrefix {{.Dir}}/wsgi
WSGIPythonPath {{.Bin}}
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias /{{.Module}} {{.Bin}}/{{.File}}
`},
}, "mpm_event", "wsgi")

// modFCGID keeps processes of php-cgi, which end after 500 requests if nothing else is said.
var modFCGID = apacheWeb(webSpec{
	name:     "mod_fcgid",
	about:    "Apache's event module and mod_fcgid, with php-cgi",
	handles:  PHPPage,
	needs:    []string{"mod_fcgid.so"},
	helpers:  []string{"php-cgi"},
	packages: "apache2 libapache2-mod-fcgid php-cgi",
	path:     "/{{.File}}",
	config: map[string]string{"conf": apacheThreads + `
FcgidIPCDir {{.Dir}}/fcgid
FcgidProcessTableFile {{.Dir}}/fcgid.table
FcgidInitialEnv PHP_FCGI_MAX_REQUESTS 0
{{range $name, $value := .Variables}}FcgidInitialEnv {{$name}} "{{$value}}"
{{end}}FcgidMaxRequestsPerProcess 0
FcgidMaxProcesses {{.Workers}}
<Files {{.File}}>
	Options +ExecCGI
	SetHandler fcgid-script
	FcgidWrapper {{index .Helpers "php-cgi"}}
</Files>
`},
}, "mpm_event", "fcgid")

// modPHP is built for one thread a process, as Debian's is.
var modPHP = apacheWeb(webSpec{
	name:     "mod_php",
	about:    "Apache's prefork module and mod_php",
	handles:  PHPPage,
	needs:    []string{"libphp*.so"},
	packages: "apache2 libapache2-mod-php",
	path:     "/{{.File}}",
	config: map[string]string{"conf": apacheProcesses + `
LoadModule php_module {{index .Needs 0}}
<Files {{.File}}>
	SetHandler application/x-httpd-php
</Files>
`},
}, "mpm_prefork")
