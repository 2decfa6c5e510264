package suite

import (
	"slices"

	"forktax/bench/plan"
)

// A Suite is a run of contenders.
type Suite struct {
	Name, About string
	Baseline    string // the contender that the others of its workload are compared with
	contenders  []contender
}

// A contender is a way in which a workload is answered.
type contender struct {
	workload    string // what the suite calls it
	program     string // the program whose data, requests and answers are those of the workload
	request     string // the one that is measured
	name        string // instead of a model
	title       string // for people
	web         string // of package servers, that has file answer; "" means our own host, or the program itself
	file        string // of the directory suites/programs; "" means the program itself
	extraFile   string // another file of that directory, which it needs
	interpreter string // the interpreter that our own host executes instead of the file
	model       string // of the program, if it serves by itself
}

// cgiServers are those of package servers that start a process for each request.
var cgiServers = []string{"apache", "lighttpd", "nginx", "php-cgi"}

// isFresh reports whether each request has a process of its own.
func (c contender) isFresh() bool {
	if c.web != "" {
		return slices.Contains(cgiServers, c.web)
	}
	return c.model != persistent
}

// All are all suites.
var All = []Suite{
	{
		Name: "article",
		About: "the claim of the article on mod_python: Python under Apache and Go, by CGI and resident, without and " +
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
		About:    "one child in C and one in Go, executed for each request by our host and by other web servers",
		Baseline: cgi,
		contenders: slices.Concat(
			hosted("hello in C", "hello.c"),
			hosted("hello in Go", ""),
		),
	},
	{
		Name:     "php",
		About:    "a page of PHP, by CGI and under servers that keep its interpreter",
		Baseline: cgi,
		contenders: []contender{
			{workload: "hello in PHP", program: "hello", request: "hello", name: cgi, title: "lighttpd, mod_cgi: php-cgi for each request", web: "php-cgi", file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "fcgid",
				title: "Apache, mod_fcgid: kept processes of php-cgi", web: "mod_fcgid", file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "fpm", title: "nginx, php-fpm", web: "php-fpm",
				file: "hello.php"},
			{workload: "hello in PHP", program: "hello", request: "hello", name: "module", title: "Apache (prefork), mod_php",
				web: "mod_php", file: "hello.php"},
		},
	},
	{
		Name:     "languages",
		About:    "the same CGI program in six languages, executed for each request by our host",
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

// cgi is the contender that does what CGI does, and persistent the one that keeps all.
var cgi, persistent = plan.Fresh, plan.Baseline

// onPostgres is the guestbook that keeps its data in PostgreSQL.
const onPostgres = "guestbook-postgres"

// underApache are the ways in which Apache has Python answer, from the one that keeps nothing on.
var underApache = []contender{
	{name: cgi, title: "Apache, mod_cgid: a process for each request", web: "apache"},
	{name: "cgihandler", title: "Apache (prefork), mod_python's handler of CGI scripts", web: "mod_python-cgihandler"},
	{name: Publisher, title: "Apache (prefork), mod_python's publisher", web: "mod_python-publisher"},
	{name: "handler", title: "Apache, a handler of mod_python", web: "mod_python"},
	{name: "wsgi", title: "Apache, mod_wsgi", web: "mod_wsgi"},
}

// python has Apache do what the program does, in those ways for which there is a file.
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

// twins are those of a program of this project.
func twins(workload, program, request string) []contender {
	return []contender{
		{workload: workload, program: program, request: request, name: cgi, model: cgi,
			title: "our host: a process for each request"},
		{workload: workload, program: program, request: request, name: persistent, model: persistent,
			title: "a resident process"},
	}
}

// hosted has every host execute a child that says hello: the file, or else the program in Go.
func hosted(workload, file string) []contender {
	all := []contender{{name: cgi, title: "our host, over net/http/cgi"}}
	for _, web := range []string{"apache", "lighttpd", "nginx"} {
		all = append(all, contender{name: web, web: web})
	}
	for i := range all {
		all[i].workload, all[i].program, all[i].request, all[i].file = workload, "hello", "hello", file
	}
	return all
}

// Publisher is the contender of the suite article whose processes are the slowest to get steady.
const Publisher = "publisher"

// Only is the suite with the contenders of this name alone, the first of which is its baseline.
func (s Suite) Only(name string) Suite {
	s.Baseline = name
	s.contenders = slices.DeleteFunc(slices.Clone(s.contenders), func(c contender) bool { return c.name != name })
	return s
}

// Find finds the suite of that name.
func Find(name string) (s Suite, found bool) {
	i := slices.IndexFunc(All, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		return Suite{}, false
	}
	return All[i], true
}

// Names are those of all suites.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}
