package traps_test

import (
	"net/http"
	"strings"
	"testing"

	"forktax/bench/traps"
)

func TestDevelopmentByResponse(t *testing.T) {
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	const warning = "<br />\n<b>Warning</b>:  Undefined variable $a in <b>/srv/a.php</b> on line <b>3</b><br />\n"
	for name, test := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"Flask":                   {header("Server", "Werkzeug/3.0.1 Python/3.11.7"), "", "Werkzeug/3.0.1"},
		"Django":                  {header("Server", "WSGIServer/0.2 CPython/3.11.7"), "", "WSGIServer/0.2"},
		"PHP shows errors":        {header("X-Powered-By", "PHP/8.2.1"), warning, "Warning: Undefined variable"},
		"PHP's own server":        {header("X-Powered-By", "PHP/8.2.1", "Host", "127.0.0.1:80"), "", "php -S"},
		"gunicorn":                {header("Server", "gunicorn"), "", ""},
		"PHP":                     {header("X-Powered-By", "PHP/8.2.1"), "<b>Warning</b>: the shop is closed", ""},
		"an article about errors": {header("Server", "Apache"), warning, ""},
		"Express":                 {header("X-Powered-By", "Express"), "", ""},
		"a server that names one": {header("Server", "proxy (Werkzeug/3.0.1)"), "", ""},
	} {
		found := traps.Detect(t.Context(), served(t, 200, test.header, test.body))
		switch {
		case test.want == "" && found != nil:
			t.Errorf("%s: Detect = %v, want no trap", name, found)
		case test.want != "" && (codes(found) != "development-mode" || !strings.Contains(found[0].Evidence, test.want)):
			t.Errorf("%s: Detect = %v, want development-mode with %q", name, found, test.want)
		}
	}
}

func TestDevelopmentByProcess(t *testing.T) {
	for command, want := range map[string]string{
		"php -S 127.0.0.1:80 -t web":                    "php -S",
		"/usr/bin/php8.2 -d a=1 -S localhost:80":        "php -S",
		"php -f page.php -- -S":                         "",
		"php-cgi -b 127.0.0.1:9000":                     "",
		"node /srv/node_modules/.bin/next dev -p 80":    "next dev",
		"node /srv/node_modules/.bin/next start -p 80":  "",
		"node /srv/node_modules/vite/bin/vite.js":       "vite",
		"npx vite --port 80":                            "vite",
		"npx vite preview --port 80":                    "",
		"node server.js --mode vite":                    "",
		"node node_modules/.bin/nodemon app.js":         "nodemon",
		"node --inspect=9229 app.js":                    "node --inspect",
		"node -r ./trace --inspect app.js":              "node --inspect",
		"node app.js --inspect":                         "",
		"PORT=80 exec node --inspect-brk app.js":        "node --inspect",
		"python3 -u manage.py runserver 80":             "Django",
		"python3 manage.py migrate":                     "",
		"/srv/venv/bin/flask --app a run --debug":       "flask --debug",
		"python3.11 /srv/venv/bin/gunicorn app":         "",
		"webpack serve":                                 "webpack",
		"/opt/next/server dev":                          "",
		"node NODE_ENV=development":                     "node runs with NODE_ENV=development",
		"node NODE_ENV=production":                      "",
		"python3.11 NODE_ENV=development":               "",
		"python3.11 FLASK_DEBUG=1":                      "python runs with FLASK_DEBUG=1",
		"node NODE_OPTIONS=--max-old-space-size=1":      "",
		"node NODE_OPTIONS=--trace-gc --inspect=0:9229": "node runs with NODE_OPTIONS=",
	} {
		args, executable, environ := strings.Fields(command), "", []string(nil)
		if program, variable, found := strings.Cut(command, " "); found && strings.Contains(program, "node") ||
			strings.Contains(program, "python3.11") {
			if strings.HasPrefix(variable, "NODE_") || strings.HasPrefix(variable, "FLASK_") {
				args, executable, environ = []string{program}, "/usr/bin/"+program, []string{"HOME=/", variable}
			}
		}
		got := traps.Development(executable, args, environ)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: Development = %q, want %q", command, got, want)
		}
	}
}
