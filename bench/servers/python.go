package servers

// Servers of applications in Python, which speak HTTP themselves. Their processes serve one request at a time.

// gunicorn closes each connection after a request: its default class of workers knows no other way.
var gunicorn = webSpec{
	name:     "gunicorn",
	about:    "gunicorn with its default workers",
	handles:  PythonWSGI,
	packages: "gunicorn",
	path:     "/{{.Module}}",
	commands: [][]string{{"gunicorn", "--bind", "127.0.0.1:{{.Port}}", "--workers", "{{.Workers}}", "--max-requests",
		"{{.Requests}}", "--pythonpath", "{{.Bin}}", "--chdir", "{{.Dir}}", "--graceful-timeout", "2", "--worker-tmp-dir",
		"{{.Dir}}", "--error-logfile", "{{.Dir}}/error.log", "--env", "SCRIPT_NAME=/{{.Module}}", "{{.Module}}:application"}},
}

// uwsgiPython has no limit of requests if that is 0. Otherwise a process is replaced after that many requests if it has
// also lived for a second: for a shorter minimum, uWSGI 2.0.21 ends with the first process.
var uwsgiPython = webSpec{
	name:     "uwsgi-python",
	about:    "uWSGI's HTTP socket and Python plugin",
	handles:  PythonWSGI,
	packages: "uwsgi-core uwsgi-plugin-python3",
	path:     "/{{.Module}}",
	commands: [][]string{{"uwsgi", "--plugins", "python3", "--http11-socket", "127.0.0.1:{{.Port}}", "--master",
		"--die-on-term", "--processes", "{{.Workers}}", "--max-requests", "{{.Requests}}", "--min-worker-lifetime", "1",
		"--pythonpath", "{{.Bin}}",
		"--mount", "/{{.Module}}={{.Module}}:application", "--manage-script-name", "--disable-logging",
		"--logto", "{{.Dir}}/error.log"}},
}
