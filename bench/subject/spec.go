package subject

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// A Spec is the user's description of the programs to measure, host or explain: how they run, their requests, and the
// expected responses. The same flags fill it in every command; check and explain get their programs from other flags.
// Its methods return an *OptionError for an invalid value.
type Spec struct {
	CGI          string   // path of a CGI executable
	Persistent   string   // the server to compare it with: its URL, or the command that starts it
	Targets      []string // external servers, as name=url
	TargetAdmins []string // admin listeners of the external servers that are a forktax serve, as name=url

	Root          string   // URL path of a CGI executable, which gets the rest of the path as PATH_INFO; "" means /
	Dir           string   // working directory of programs; "": its own for a CGI executable, the current for a command
	Documents     string   // directory of PATH_TRANSLATED, for CGI executables; "": the variable is not set
	Authorization bool     // CGI executables get the header Authorization
	Env           []string // variables of programs, as NAME=VALUE, or as NAME with the value of this process

	Requests       []string   // paths, with a method before them if it is not GET, or names of a workload's requests
	Headers        []string   // headers of all requests, as "Name: value"
	Body, BodyFile string     // body of all requests; at most one of the two
	Weighted       []Weighted // requests of a mix, which replace Requests

	ExpectStatus   int      // expected status of responses; 0: any status below 400
	IgnoreHeaders  []string // names of headers that may differ
	Masks          []string // see contract.Want
	AllowDifferent bool     // compare only the status
}

// A Weighted is a request of a mix with its share.
type Weighted struct {
	Request        string
	Headers        []string
	Body, BodyFile string
	ExpectStatus   int
	Weight         int // its share of the mix; 0 means 1
}

// maxBody is the largest request body in bytes, far above what a benchmark sends.
const maxBody = 64 << 20

// Validate returns an error for the first invalid option.
func (s *Spec) Validate() error {
	if s.Root != "" && s.Root[0] != '/' {
		return InvalidOption("root", "%q: must be a path that begins with /", s.Root)
	}
	for _, d := range []struct{ option, path string }{{"dir", s.Dir}, {"documents", s.Documents}} {
		if _, err := Directory(d.option, d.path); err != nil {
			return err
		}
	}
	if s.Body != "" && s.BodyFile != "" {
		return InvalidOption("body-file", "cannot be combined with --body")
	}
	if _, err := s.Variables(); err != nil {
		return err
	}
	if err := validStatus(s.ExpectStatus); err != nil {
		return err
	}
	for i, name := range s.IgnoreHeaders {
		if !isToken(name) {
			return InvalidElement("ignore-header", i, "%q: must be the name of a header, such as Set-Cookie", name)
		}
	}
	for i, mask := range s.Masks {
		if mask == "" {
			return InvalidElement("mask", i, "is empty: must be a regular expression")
		}
		if _, err := NewMasks([]string{mask}); err != nil {
			return InvalidElement("mask", i, "%q: %v", mask, errors.Unwrap(err))
		}
	}
	_, err := headers(s.Headers)
	return err
}

func validStatus(status int) error {
	if status != 0 && (status < 200 || status > 599) {
		return InvalidOption("expect-status", "%d: must be a status from 200 to 599", status)
	}
	return nil
}

// AsksNothing reports whether no option describes a request.
func (s *Spec) AsksNothing() bool {
	return len(s.Requests)+len(s.Headers)+len(s.Weighted) == 0 && s.Body == "" && s.BodyFile == ""
}

// Variables returns the variables of the programs by name.
func (s *Spec) Variables() (map[string]string, error) {
	variables := map[string]string{}
	for i, given := range s.Env {
		name, value, has := strings.Cut(given, "=")
		if name == "" || strings.ContainsAny(name, " \t,\x00") || strings.ContainsRune(value, 0) {
			return nil, InvalidElement("env", i, "%q: must be NAME or NAME=VALUE", name)
		}
		if !has {
			if value, has = os.LookupEnv(name); !has {
				return nil, InvalidElement("env", i, "%s: the variable is not set in this environment: use %[1]s=VALUE", name)
			}
		}
		variables[name] = value
	}
	return variables, nil
}

// HashedVariables returns the variables of the programs with hashes of their values.
func (s *Spec) HashedVariables() (map[string]string, error) {
	variables, err := s.Variables()
	for name, value := range variables {
		variables[name] = "sha256:" + Hash([]byte(value))
	}
	return variables, err
}

// Hosted returns the environment of the program that hosts CGI executables. Path is the executable or a directory of
// executables; "" if the path is set elsewhere.
func (s *Spec) Hosted(path string) (map[string]string, error) {
	env, err := s.Variables()
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range env {
		names = append(names, name)
	}
	slices.Sort(names)
	for name, value := range map[string]string{
		contract.EnvScriptRoot: s.mount(), contract.EnvScriptEnv: strings.Join(names, ","),
	} {
		env[name] = value
	}
	if s.Authorization {
		env[contract.EnvScriptAuthorization] = "1"
	}
	for _, d := range []struct{ option, path, variable string }{
		{"dir", s.Dir, contract.EnvScriptDir}, {"documents", s.Documents, contract.EnvScriptDocuments},
	} {
		absolute, err := Directory(d.option, d.path)
		if err != nil {
			return nil, err
		}
		if absolute != "" {
			env[d.variable] = absolute
		}
	}
	if path == "" {
		return env, nil
	}
	env[contract.EnvScriptPath], err = filepath.Abs(path)
	return env, err
}

// mount returns Root without a slash at its end; "" means /.
func (s *Spec) mount() string { return strings.TrimRight(s.Root, "/") }

// Split splits a URL's path, without query, into the name of the executable and its PATH_INFO.
func (s *Spec) Split(path string) (name, info string) {
	return s.mount(), strings.TrimPrefix(path, s.mount())
}

// Directory returns the absolute path of the directory that is the value of an option; "" if path is "". It returns an
// error if there is no such directory.
func Directory(option, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("absolute path of %s: %w", path, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", InvalidOption(option, "%s does not exist: must be a directory", path)
	case err != nil:
		return "", InvalidOption(option, "%s: %v", path, cause(err))
	case !info.IsDir():
		return "", InvalidOption(option, "%s is not a directory", path)
	}
	return absolute, nil
}

// An Asked is a request with the user's expectation of its response.
type Asked struct {
	contract.Request
	Status int  // expected status; 0: any status below 400
	Learn  bool // the expected response, Want, is not known yet
}

// Known returns the requests as Asked, for requests with known expected responses.
func Known(requests []contract.Request) []Asked {
	var asked []Asked
	for _, r := range requests {
		asked = append(asked, Asked{Request: r})
	}
	return asked
}

// Requests returns the requests without the user's expectations.
func Requests(asked []Asked) []contract.Request {
	var requests []contract.Request
	for _, a := range asked {
		requests = append(requests, a.Request)
	}
	return requests
}

// Unlearnt reports whether the expected response to one of the requests is not known yet.
func Unlearnt(asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Learn })
}

// Ask returns the requests to a program that describes the given requests, or none. If neither the user nor the program
// names a request, it returns one for path, or for the root if path is "".
func (s *Spec) Ask(described []contract.Request, path string) ([]Asked, error) {
	var asked []Asked
	for i, w := range s.wanted(described, path) {
		one, err := s.ask(w, described)
		if err != nil {
			var invalid *OptionError
			if errors.As(err, &invalid) && invalid.Option == "request" && invalid.Element == NoElement {
				invalid.Element = i
			}
			return nil, err
		}
		one.Name = freeName(one.Name, asked)
		asked = append(asked, one)
	}
	return asked, nil
}

// wanted returns the requests that the user names, or else the described ones, or else one for path.
func (s *Spec) wanted(described []contract.Request, path string) []Weighted {
	if len(s.Weighted) > 0 {
		all := slices.Clone(s.Weighted)
		for i := range all {
			all[i].ExpectStatus = cmp.Or(all[i].ExpectStatus, s.ExpectStatus)
		}
		return all
	}
	names := s.Requests
	if len(names) == 0 {
		for _, r := range described {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		names = []string{cmp.Or(path, s.mount(), "/")}
	}
	var all []Weighted
	for _, name := range names {
		all = append(all, Weighted{Request: name, ExpectStatus: s.ExpectStatus})
	}
	return all
}

// ask returns the request for w.
func (s *Spec) ask(w Weighted, described []contract.Request) (Asked, error) {
	if err := validStatus(w.ExpectStatus); err != nil {
		return Asked{}, err
	}
	asked := Asked{Status: w.ExpectStatus, Learn: true}
	body, hasBody, err := bodyOf(w, Weighted{Body: s.Body, BodyFile: s.BodyFile})
	if err != nil {
		return asked, err
	}
	given, err := headers(slices.Concat(s.Headers, w.Headers))
	if err != nil {
		return asked, err
	}
	if i := slices.IndexFunc(described, func(r contract.Request) bool { return r.Name == w.Request }); i >= 0 {
		asked.Request = described[i]
		asked.Learn = hasBody || len(given) > 0 || w.ExpectStatus != 0
	} else if asked.Request, err = s.parse(w.Request, hasBody, described); err != nil {
		return asked, err
	}
	asked.Request.Headers = merged(asked.Request.Headers, given)
	if hasBody {
		asked.Body = body
		if _, typed := asked.Request.Headers["Content-Type"]; !typed {
			asked.Request.Headers["Content-Type"] = "application/x-www-form-urlencoded"
		}
	}
	if asked.Weight = w.Weight; asked.Learn {
		asked.Want = contract.Want{}
	}
	asked.Want.Masks = slices.Concat(asked.Want.Masks, s.Masks)
	return asked, nil
}

// parse parses a request: a path, with a method before it unless it is GET, or POST for a request with a body.
func (s *Spec) parse(text string, hasBody bool, described []contract.Request) (contract.Request, error) {
	method, path, found := strings.Cut(text, " ")
	switch {
	case !found && hasBody:
		method, path = http.MethodPost, text
	case !found:
		method, path = http.MethodGet, text
	}
	var names []string
	for _, r := range described {
		names = append(names, r.Name)
	}
	switch root := s.mount(); {
	case !strings.HasPrefix(path, "/") && len(names) > 0 && !found:
		return contract.Request{}, InvalidOption("request", "%q is unknown: use one of %s, or a path that begins with /",
			text, strings.Join(names, ", "))
	case !strings.HasPrefix(path, "/"):
		return contract.Request{}, InvalidOption("request", "%q: must be a path that begins with /, or a method and a path, "+
			"such as 'POST /?page=2'", text)
	case !isToken(method) || method == http.MethodConnect:
		return contract.Request{}, InvalidOption("request", "%q: cannot send the method %q: use another, such as GET or POST",
			text, method)
	case strings.ContainsFunc(path, mustBeEscaped):
		return contract.Request{}, InvalidOption("request", "%q: blanks, #, control characters and non-ASCII characters "+
			"must be percent-encoded, as in /a%%20b", text)
	case invalidURL(path):
		return contract.Request{}, InvalidOption("request", "%q: two hexadecimal digits must follow %%", text)
	case root != "" && path != root && !strings.HasPrefix(path, root+"/") && !strings.HasPrefix(path, root+"?"):
		return contract.Request{}, InvalidOption("request", "%q: the path must be below --root %s", text, root)
	}
	return contract.Request{Name: requestName(method, path), Method: method, Path: path}, nil
}

func invalidURL(path string) bool {
	_, err := url.ParseRequestURI(path)
	return err != nil
}

// mustBeEscaped reports whether the character must be percent-encoded in a URL.
func mustBeEscaped(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7f }

// requestName returns the name of a request that the user describes.
func requestName(method, path string) string { return method + " " + path }

// IsLearnt reports whether the user describes the request, so that its expected response was recorded from a target.
func IsLearnt(r contract.Request) bool { return strings.HasPrefix(r.Name, r.Method+" ") }

// freeName returns name, with a number appended if one of the requests has that name.
func freeName(name string, asked []Asked) string {
	free := name
	for n := 2; slices.ContainsFunc(asked, func(a Asked) bool { return a.Name == free }); n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}

// bodyOf returns the request's own body, or else the body of all requests. Has reports whether there is one.
func bodyOf(own, all Weighted) (body string, has bool, err error) {
	if own.Body == "" && own.BodyFile == "" {
		own = all
	}
	if own.BodyFile == "" {
		return own.Body, own.Body != "", nil
	}
	text, err := foreign.ReadFile(own.BodyFile, maxBody)
	if err != nil {
		return "", false, InvalidOption("body-file", "%v", err)
	}
	return string(text), true, nil
}

// cause returns the reason of a file error, without the name of the system call and the path.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
