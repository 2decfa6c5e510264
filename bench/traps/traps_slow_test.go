//go:build slow

package traps_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/bench/traps"
)

// write writes a file into a new directory and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// The race detector makes a program several times slower.
func TestDebugBuildWithRace(t *testing.T) {
	path := build(t, "-race")
	want := path + " was built with -race"
	for what, c := range map[string]traps.Case{"executable": {Path: path}, "server": start(t, nil, path, "{port}")} {
		if found := traps.Detect(t.Context(), c); codes(found) != "debug-build" || found[0].Evidence != want {
			t.Errorf("%s: Detect = %v, want debug-build: %s", what, found, want)
		}
	}
}

func TestDevelopmentModeOfPHP(t *testing.T) {
	php := testenv.Program(t, "php", "php-cli")
	page := write(t, "index.php", "<?php echo \"hello\\n\" . ($undefined ?? '');")
	c := start(t, nil, php, "-S", "127.0.0.1:{port}", "-t", filepath.Dir(page))
	found := traps.Detect(t.Context(), c)
	if codes(found) != "development-mode" {
		t.Errorf("Detect = %v, want development-mode", found)
	}
	c.PID, c.Command = 0, "" // detected by the response alone
	if found := traps.Detect(t.Context(), c); codes(found) != "development-mode" {
		t.Errorf("with only a URL: Detect = %v, want development-mode", found)
	}
}

// PHP shows errors in its pages if display_errors is on.
func TestErrorsShownByPHP(t *testing.T) {
	cgi := testenv.Program(t, "php-cgi", "php-cgi")
	testenv.Program(t, "php", "php-cli")
	for name, test := range map[string]struct{ display, code, want string }{
		"a warning":             {"1", "<?php echo $undefined; echo 'hello';", "development-mode"},
		"a warning not shown":   {"0", "<?php echo $undefined; echo 'hello';", ""},
		"an error after a page": {"1", "<html><p>hello<?php flush(); no_such_function();", "error-page"},
	} {
		t.Run(name, func(t *testing.T) {
			page := write(t, "index.php", test.code)
			cmd := exec.Command(cgi, "-q", "-d", "html_errors=1", "-d", "log_errors=0", "-d", "display_errors="+test.display,
				page)
			out, _ := cmd.Output() // the script may fail; the output is the page
			header := map[string][]string{"X-Powered-By": {"PHP/8.2"}}
			found := traps.Detect(t.Context(), served(t, 200, header, string(out)))
			if codes(found) != test.want {
				t.Errorf("Detect = %v, want %q for:\n%s", found, test.want, out)
			}
		})
	}
}

const nodeServer = `
require("http").createServer((request, response) => {
	response.writeHead(200, {"Content-Length": 6})
	response.write("hel")
	response.end("lo\n")
}).listen(process.argv[2], "127.0.0.1")
`

func TestDevelopmentModeOfNode(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no /proc/PID/environ")
	}
	node, app := testenv.Program(t, "node", "nodejs"), write(t, "app.js", nodeServer)
	for name, test := range map[string]struct {
		env  []string
		args []string
		want string
	}{
		"default":             {nil, nil, ""},
		"in production":       {[]string{"NODE_ENV=production"}, nil, ""},
		"in development":      {[]string{"NODE_ENV=development"}, nil, "node runs with NODE_ENV=development"},
		"with a debugger":     {nil, []string{"--inspect=127.0.0.1:0"}, "node --inspect"},
		"debugger by options": {[]string{"NODE_OPTIONS=--inspect=127.0.0.1:0"}, nil, "node runs with NODE_OPTIONS="},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, append([]string{"NODE_ENV=", "NODE_OPTIONS="}, test.env...),
				append(append([]string{node}, test.args...), app, "{port}")...)
			c.Clients = 8
			found := traps.Detect(t.Context(), c)
			switch {
			case test.want == "" && found != nil:
				t.Errorf("Detect = %v, want no trap", found)
			case test.want != "" && (codes(found) != "development-mode" || !strings.Contains(found[0].Evidence, test.want)):
				t.Errorf("Detect = %v, want development-mode: %s", found, test.want)
			}
		})
	}
}

// Apache's prefork module uses one process per open connection.
func TestFewWorkersOfApache(t *testing.T) {
	apache := testenv.Program(t, "/usr/sbin/apache2", "apache2")
	for workers, want := range map[int]string{4: "few-workers", 12: ""} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			page := write(t, "index.html", "hello\n")
			dir := filepath.Dir(page)
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			config := fmt.Sprintf(`
ServerName 127.0.0.1
PidFile %[1]s/pid
ErrorLog %[1]s/error.log
Mutex file:%[1]s default
DocumentRoot %[1]s
KeepAlive On
StartServers %[2]d
ServerLimit %[2]d
MinSpareServers 1
MaxSpareServers %[2]d
MaxRequestWorkers %[2]d
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
`, dir, workers)
			c := start(t, nil, apache, "-D", "FOREGROUND", "-f", write(t, "conf", config), "-c", "Listen 127.0.0.1:{port}")
			c.Clients = 8
			if found := traps.Detect(t.Context(), c); codes(found) != want {
				t.Errorf("Detect = %v, want %q", found, want)
			}
		})
	}
}
