package suite

import (
	"fmt"
	"slices"

	"forktax/bench/plan"
	"forktax/bench/servers"
	"forktax/workload/contract"
)

// A Suite is a comparison of contenders.
type Suite struct {
	Name, About string
	Baseline    string  // the contender with which the others of its workload are compared
	rate        float64 // requests per second of an open loop that is measured, too; 0 for none
	contenders  []contender
}

// A contender is a server or language that serves a workload.
type contender struct {
	workload    string            // the suite's name of the workload
	program     string            // the program of this project that defines its data, requests and responses
	request     string            // the measured request
	name        string            // shown instead of a model
	title       string            // description for the report
	web         string            // a web server of package servers; "" means our own host, or the program itself
	file        string            // file in the directory suites/programs; "" means the program itself
	extraFile   string            // another file of that directory that the contender needs
	interpreter string            // the interpreter that our own host executes instead of the file
	model       string            // model of the program, if it is the server itself
	recycling   servers.Recycling // how a web server replaces its processes
}

// cgiServers lists the servers of package servers that start a process for each request.
var cgiServers = []string{"apache", "lighttpd", "nginx", "php-cgi"}

// isFresh reports whether each request gets a new process.
func (c contender) isFresh() bool {
	if c.web != "" {
		return slices.Contains(cgiServers, c.web)
	}
	m, _ := contract.ModelNamed(c.model)
	return c.model == "" || m.Process == contract.PerRequest
}

// All lists all suites.
var All = []Suite{
	{
		Name: "article",
		About: "the claim of the article on mod_python: Python under Apache and Go, as CGI and persistent, without and " +
			"with databases",
		Baseline: cgi,
		contenders: slices.Concat(
			python("hello in Python", "hello", "hello", map[string]string{cgi: "hello.py", "cgihandler": "hello.py",
				Publisher: "hello_publisher.py", "handler": "hello_handler.py", "wsgi": "hello_wsgi.py"}),
			python("guestbook in Python, SQLite", "guestbook", "read", map[string]string{cgi: "guestbook_cgi.py",
				"cgihandler": "guestbook_cgi.py", "handler": "guestbook_handler.py", "wsgi": "guestbook_wsgi.py"}),
			twins("hello in Go", "hello", "hello"),
			twins("guestbook in Go, SQLite", "guestbook", "read"),
			twins("guestbook in Go, PostgreSQL", onPostgres, "read"),
		),
	},
	{
		Name:     "hosts",
		About:    "a CGI program in C and one in Go, under our host and other web servers",
		Baseline: cgi,
		contenders: slices.Concat(
			hosted("hello in C", "hello.c"),
			hosted("hello in Go", ""),
		),
	},
	{
		Name:     "php",
		About:    "a PHP page, as CGI and under servers that keep the interpreter running",
		Baseline: cgi,
		contenders: []contender{
			{workload: "hello in PHP", program: "hello", request: "hello", name: cgi,
				title: "lighttpd, mod_cgi: php-cgi for each request", web: "php-cgi", file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "fcgid",
				title: "Apache, mod_fcgid: persistent php-cgi processes", web: "mod_fcgid", file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "fpm", title: "nginx, php-fpm", web: "php-fpm",
				file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "module", title: "Apache (prefork), mod_php",
				web: "mod_php", file: "hello.php"},
		},
	},
	{
		Name: "continuum",
		About: "one program from a process per request to a resident one, at a closed and an open load: what each model " +
			"keeps, and how the cost falls with the requests that a process serves",
		Baseline:   persistent,
		rate:       continuumRate,
		contenders: continuum("hello", "hello"),
	},
	{
		Name: "recycling",
		About: "servers that keep processes, and replace each after some requests: forktax, php-fpm, mod_fcgid, gunicorn " +
			"and uWSGI, each relative to itself without that",
		Baseline:   kept,
		contenders: recycling(),
	},
	{
		Name:     "languages",
		About:    "the same CGI program in six languages, under our host",
		Baseline: "C",
		contenders: []contender{
			{workload: "hello", program: "hello", request: "hello", name: "C", title: "static, by gcc", file: "hello.c"},
			{workload: "hello", program: "hello", request: "hello", name: "Go", title: "static, with net/http linked in"},
			{workload: "hello", program: "hello", request: "hello", name: "shell", title: "/bin/sh", file: "hello.sh"},
			{workload: "hello", program: "hello", request: "hello", name: "Perl", title: "perl", file: "hello.pl"},
			{workload: "hello", program: "hello", request: "hello", name: "PHP", title: "php-cgi", file: "hello.php",
				interpreter: "php-cgi"},
			{workload: "hello", program: "hello", request: "hello", name: "Python", title: "python3", file: "hello.py"},
		},
	},
}

// cgi is the contender that starts a process for each request, and persistent the contender that reuses everything.
var cgi, persistent = plan.Fresh, plan.Baseline

// fastcgi is the model whose workers are kept behind a host.
var fastcgi = func() string {
	i := slices.IndexFunc(contract.Models, func(m contract.Model) bool {
		return m.Host == contract.HostWorkers && m.Process == contract.Kept
	})
	return contract.Models[i].Name
}()

// onPostgres is the guestbook with its data in PostgreSQL.
const onPostgres = "guestbook-postgres"

// underApache lists the ways to run Python under Apache, in order from no reuse to the most reuse.
var underApache = []contender{
	{name: cgi, title: "Apache, mod_cgid: a process for each request", web: "apache"},
	{name: "cgihandler", title: "Apache (prefork), mod_python's CGI handler", web: "mod_python-cgihandler"},
	{name: Publisher, title: "Apache (prefork), mod_python's publisher", web: "mod_python-publisher"},
	{name: "handler", title: "Apache, mod_python handler", web: "mod_python"},
	{name: "wsgi", title: "Apache, mod_wsgi", web: "mod_wsgi"},
}

// python returns the contenders under Apache that do the same as the program. There is one for each file.
func python(workload, program, request string, files map[string]string) []contender {
	var all []contender
	for _, c := range underApache {
		if c.file = files[c.name]; c.file == "" {
			continue
		}
		c.workload, c.program, c.request = workload, program, request
		if program == "guestbook" {
			c.extraFile = "guestbook.py"
		}
		all = append(all, c)
	}
	return all
}

// twins returns the contenders cgi and persistent of a program of this project.
func twins(workload, program, request string) []contender {
	return []contender{
		{workload: workload, program: program, request: request, name: cgi, model: cgi,
			title: "net/http/cgi: a process for each request"},
		{workload: workload, program: program, request: request, name: persistent, model: persistent,
			title: "a persistent process"},
	}
}

// continuumRate is a rate in requests per second that each model serves, also where a start takes 10 ms.
const continuumRate = 50

// mainNumber is the number of requests for which a family is measured that is not the first with its lifetimes.
const mainNumber = 100

// continuum returns a contender for each model of a program, the baseline first. Of the first family it has all typical
// numbers of requests, to which a curve is fitted.
func continuum(program, request string) []contender {
	var all []contender
	seen := false
	for _, m := range contract.Models {
		names := contract.Members(m.Name)
		if m.IsFamily() && seen {
			names = []string{m.Of(mainNumber)}
		}
		seen = seen || m.IsFamily()
		for _, name := range names {
			c := contender{workload: program, program: program, request: request, name: name, model: name, title: m.About}
			if name == persistent {
				all = slices.Insert(all, 0, c)
			} else {
				all = append(all, c)
			}
		}
	}
	return all
}

// kept is the contender of a group whose processes are not replaced.
const kept = "kept"

// recycled are the servers of other projects that replace processes, with the program that they serve.
var recycled = []contender{
	{workload: "PHP, nginx and php-fpm", web: "php-fpm", file: "hello.php"},
	{workload: "PHP, Apache and mod_fcgid", web: "mod_fcgid", file: "hello.php"},
	{workload: "Python, gunicorn", web: "gunicorn", file: "hello_wsgi.py"},
	{workload: "Python, uWSGI", web: "uwsgi-python", file: "hello_wsgi.py"},
}

// recyclePoints are the numbers of requests after which they do it.
var recyclePoints = []int{500, 10, 1}

// recycling returns, for our own host and each of those servers, one contender that keeps its processes, and one for
// each number of requests. The latter have the names of our models, so that the same curve is fitted.
func recycling() (all []contender) {
	m, _ := contract.ModelKeeping(contract.PerN, contract.PerN, contract.PerN)
	add := func(c contender, name, title string) {
		c.program, c.request, c.name, c.title = "hello", "hello", name, title
		all = append(all, c)
	}
	const ours = "Go, forktax"
	add(contender{workload: ours, model: fastcgi}, kept, "the model "+fastcgi)
	for _, n := range recyclePoints {
		add(contender{workload: ours, model: m.Of(n)}, m.Of(n), "the model "+m.Of(n))
	}
	for _, c := range recycled {
		add(c, kept, "processes that are kept")
		for _, n := range recyclePoints {
			if n == 1 && c.web == "mod_fcgid" { // it then waits a second before each start
				continue
			}
			c.recycling.Requests = n
			add(c, m.Of(n), fmt.Sprintf("replaced after %d requests", n))
		}
		if c.web == "php-fpm" {
			for _, manager := range []string{"dynamic", "ondemand"} {
				c.recycling = servers.Recycling{Manager: manager}
				add(c, manager, "as many processes as needed: pm = "+manager)
			}
		}
	}
	return all
}

// hosted returns a contender for each CGI host. Each executes the file, or the hello program in Go if file is "".
func hosted(workload, file string) []contender {
	all := []contender{{name: cgi, title: "our host"}}
	for _, web := range []string{"apache", "lighttpd", "nginx"} {
		all = append(all, contender{name: web, web: web})
	}
	for i := range all {
		all[i].workload, all[i].program, all[i].request, all[i].file = workload, "hello", "hello", file
	}
	return all
}

// Publisher is the contender of the suite article that needs the longest warm-up.
const Publisher = "publisher"

// Only returns the suite with only the contenders of the given name. The first of them is its baseline.
func (s Suite) Only(name string) Suite {
	s.Baseline = name
	s.contenders = slices.DeleteFunc(slices.Clone(s.contenders), func(c contender) bool { return c.name != name })
	return s
}

// Find returns the suite of the given name.
func Find(name string) (s Suite, found bool) {
	i := slices.IndexFunc(All, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		return Suite{}, false
	}
	return All[i], true
}

// Names returns the names of all suites.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}
