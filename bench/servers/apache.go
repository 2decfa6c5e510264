package servers

// apacheModules is where Debian puts Apache's modules.
const apacheModules = "/usr/lib/apache2/modules/"

// apacheWeb returns w completed for Apache 2.4: with the modules, and directives that all its specs share.
func apacheWeb(w webSpec, modules ...string) webSpec {
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
`
	for _, name := range append([]string{"authz_core"}, modules...) {
		config += "LoadModule " + name + "_module " + apacheModules + "mod_" + name + ".so\n"
	}
	w.config["conf"] = config + w.config["conf"]
	w.commands = [][]string{{"apache2", "-D", "FOREGROUND", "-f", "{{.Dir}}/conf"}}
	return w
}

// apacheThreads configures the module mpm_event: 64 threads of one process serve all clients of a run.
const apacheThreads = "ThreadsPerChild 64\n"

// apachePassEnv passes the variables of an app on to the programs that Apache executes.
const apachePassEnv = "{{range $name, $_ := .Variables}}PassEnv {{$name}}\n{{end}}"

// apache uses mod_cgid, whose daemon starts the programs.
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

// apacheProcesses configures the module mpm_prefork: each process serves one request at a time, and all are started at
// the beginning.
const apacheProcesses = `
StartServers {{.Workers}}
MinSpareServers 1
MaxSpareServers {{.Workers}}
MaxConnectionsPerChild 0
`

// pythonWeb returns w completed for a handler of mod_python. The handlers of a process share an interpreter, and
// therefore everything that a module opened when it was imported.
func pythonWeb(w webSpec, config, handler string, modules ...string) webSpec {
	w.needs, w.packages = []string{"mod_python.so"}, "apache2 libapache2-mod-python"
	w.config = map[string]string{"conf": config + apachePassEnv + `
PythonInterpreter main_interpreter
PythonPath "sys.path + ['{{.Bin}}']"
PythonAutoReload Off
PythonDebug Off
<Files {{.File}}>
	SetHandler mod_python
	PythonHandler ` + handler + `
</Files>
`}
	return apacheWeb(w, append(modules, "env", "python")...)
}

var modPython = pythonWeb(webSpec{
	name:    "mod_python",
	about:   "Apache's event module and a handler of mod_python",
	handles: PythonHandler,
	path:    "/{{.Module}}",
}, apacheThreads+`
PythonImport {{.Module}} main_interpreter
Alias /{{.Module}} {{.Bin}}/{{.File}}
`, "{{.Module}}", "mpm_event", "alias")

// pythonPublisher crashes without mod_mime, from which it gets the handled extensions. Neither it nor the handler of
// CGI scripts is safe for threads: with several, 2% of the requests got another request's response, or none.
var pythonPublisher = pythonWeb(webSpec{
	name:    "mod_python-publisher",
	about:   "Apache's prefork module and mod_python's publisher",
	handles: PythonPublisher,
	path:    "/{{.File}}/index",
}, apacheProcesses+"TypesConfig /dev/null\n", "mod_python.publisher", "mpm_prefork", "mime")

// pythonScripts have no standard input in Python 3: mod_python's replacement fails at the first byte.
var pythonScripts = pythonWeb(webSpec{
	name:    "mod_python-cgihandler",
	about:   "Apache's prefork module and mod_python's handler of CGI scripts",
	handles: PythonScript,
	path:    "/{{.File}}",
}, apacheProcesses, "mod_python.cgihandler", "mpm_prefork")

// wsgiWeb returns a server that mod_wsgi gives an application in a way of its own.
func wsgiWeb(name, about, config string) webSpec {
	return apacheWeb(webSpec{
		name:     name,
		about:    about,
		handles:  PythonWSGI,
		needs:    []string{"mod_wsgi.so"},
		packages: "apache2 libapache2-mod-wsgi-py3",
		path:     "/{{.Module}}",
		config:   map[string]string{"conf": apacheThreads + "\nWSGISocketPrefix {{.Dir}}/wsgi\n" + config},
	}, "mpm_event", "wsgi")
}

var modWSGI = wsgiWeb("mod_wsgi", "Apache's event module and mod_wsgi", `WSGIPythonPath {{.Bin}}
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias /{{.Module}} {{.Bin}}/{{.File}}
`)

// modWSGIDaemon has processes of its own for the application, which Apache starts with it. In [modWSGI], clients that
// happen to be in the same process of Apache's share Python's lock.
var modWSGIDaemon = wsgiWeb("mod_wsgi-daemon",
	"Apache's event module and mod_wsgi in daemon mode: 4 processes with a thread each",
	`WSGIDaemonProcess app processes=4 threads=1 python-path={{.Bin}}
WSGIScriptAlias /{{.Module}} {{.Bin}}/{{.File}} process-group=app application-group=%{GLOBAL}
`)

// modFCGID keeps processes of php-cgi, which by default end after 500 requests.
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
{{end}}FcgidMaxRequestsPerProcess {{.Requests}}
FcgidMaxProcesses {{.Workers}}
<Files {{.File}}>
	Options +ExecCGI
	SetHandler fcgid-script
	FcgidWrapper {{index .Helpers "php-cgi"}}
</Files>
`},
}, "mpm_event", "fcgid")

// modPHP needs processes with a single thread, as Debian builds it.
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
