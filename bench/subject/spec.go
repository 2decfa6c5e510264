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

// A Spec is what a user says of what is measured, hosted or explained: which programs there are, how they run, what they
// are asked for, and what a right response is. The same flags fill it in every command; check and explain are given their
// programs otherwise. Its methods
// return an *OptionError for what is invalid.
type Spec struct {
	CGI          string   // path of a CGI executable
	Persistent   string   // what it is compared with: the URL of a server, or the command that starts one
	Targets      []string // external servers, as name=url
	TargetAdmins []string // admin listeners of those that are a forktax serve, as name=url

	Root          string   // where a CGI executable is mounted: it gets the rest of a URL's path as PATH_INFO; "" means /
	Dir           string   // in which programs run; "": a CGI executable in its own directory, a command in the current one
	Documents     string   // directory of PATH_TRANSLATED, for CGI executables; "": it is not set
	Authorization bool     // CGI executables get the header Authorization
	Env           []string // variables of programs, as NAME=VALUE, or as NAME with the value that it has here

	Requests       []string   // paths, with a method before them if it is not GET, or names of a workload's requests
	Headers        []string   // of all requests, as "Name: value"
	Body, BodyFile string     // of all requests; at most one of them
	Weighted       []Weighted // requests of a mix, which replace Requests

	ExpectStatus   int      // of responses; 0: any but an error
	IgnoreHeaders  []string // names of headers that may differ
	Masks          []string // see contract.Want
	AllowDifferent bool     // the status alone is compared
}

// A Weighted is one request of a mix, with its share.
type Weighted struct {
	Request        string
	Headers        []string
	Body, BodyFile string
	ExpectStatus   int
	Weight         int // its share of the mix; 0 means 1
}

// maxBody is far above what a benchmark sends.
const maxBody = 64 << 20

// Validate returns an error of the first option that is invalid.
func (s *Spec) Validate() error {
	if s.Root != "" && s.Root[0] != '/' {
		return InvalidOption("root", "%q: a path that begins with / is needed", s.Root)
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
			return InvalidElement("ignore-header", i, "%q: the name of a header is needed, such as Set-Cookie", name)
		}
	}
	for i, mask := range s.Masks {
		if mask == "" {
			return InvalidElement("mask", i, "is empty: a regular expression is needed")
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
		return InvalidOption("expect-status", "%d: a status from 200 to 599 is needed", status)
	}
	return nil
}

// AsksNothing reports whether the user says nothing of requests.
func (s *Spec) AsksNothing() bool {
	return len(s.Requests)+len(s.Headers)+len(s.Weighted) == 0 && s.Body == "" && s.BodyFile == ""
}

// Variables are those of the programs, by name.
func (s *Spec) Variables() (map[string]string, error) {
	variables := map[string]string{}
	for i, given := range s.Env {
		name, value, has := strings.Cut(given, "=")
		if name == "" || strings.ContainsAny(name, " \t,\x00") || strings.ContainsRune(value, 0) {
			return nil, InvalidElement("env", i, "%q: NAME or NAME=VALUE is needed", name)
		}
		if !has {
			if value, has = os.LookupEnv(name); !has {
				return nil, InvalidElement("env", i, "%s: it is not set here; give it a value, as %[1]s=VALUE", name)
			}
		}
		variables[name] = value
	}
	return variables, nil
}

// HashedVariables are the variables that the user names, with the hashes of their values.
func (s *Spec) HashedVariables() (map[string]string, error) {
	variables, err := s.Variables()
	for name, value := range variables {
		variables[name] = "sha256:" + Hash([]byte(value))
	}
	return variables, err
}

// Hosted is the environment of the program that hosts CGI executables: for one in the file at path, or for those in the
// directory there; "" if the path is said elsewhere.
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

// mount is the root without a slash at its end; "" is /.
func (s *Spec) mount() string { return strings.TrimRight(s.Root, "/") }

// Split returns what of a URL's path, without query, is the name of the executable, and what it gets as PATH_INFO.
func (s *Spec) Split(path string) (name, info string) {
	return s.mount(), strings.TrimPrefix(path, s.mount())
}

// Directory returns the absolute path of the value of an option that names a directory; "" if that is "".
func Directory(option, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", InvalidOption(option, "%s does not exist", path)
	case err != nil:
		return "", InvalidOption(option, "%s: %v", path, cause(err))
	case !info.IsDir():
		return "", InvalidOption(option, "%s is not a directory", path)
	}
	return absolute, nil
}

// Asked is a request with what the user says of its response.
type Asked struct {
	contract.Request
	Status int  // that is expected; 0: any but an error
	Learn  bool // Want is not known yet
}

// Known returns requests whose right responses are described.
func Known(requests []contract.Request) []Asked {
	var asked []Asked
	for _, r := range requests {
		asked = append(asked, Asked{Request: r})
	}
	return asked
}

// Requests are those that are asked, without what the user says of their responses.
func Requests(asked []Asked) []contract.Request {
	var requests []contract.Request
	for _, a := range asked {
		requests = append(requests, a.Request)
	}
	return requests
}

// Unlearnt reports whether the right response to one of the requests is not known yet.
func Unlearnt(asked []Asked) bool {
	return slices.ContainsFunc(asked, func(a Asked) bool { return a.Learn })
}

// Ask returns the requests to a program that describes these, or nothing. The path of a request that is not given is
// path, or that of the root if path is "".
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

// wanted are the requests that the user names, or those that are described if there are none.
func (s *Spec) wanted(described []contract.Request, path string) []Weighted {
	if len(s.Weighted) > 0 {
		return s.Weighted
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

// ask makes one request.
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

// parse reads a request: a path, with a method before it if it is not GET, or POST of one with a body.
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
		return contract.Request{}, InvalidOption("request", "%q is unknown; there are %s, or give a path that begins with /",
			text, strings.Join(names, ", "))
	case !strings.HasPrefix(path, "/"):
		return contract.Request{}, InvalidOption("request", "%q: a path that begins with / is needed, or a method and a path, "+
			"such as 'POST /?page=2'", text)
	case !isToken(method) || method == http.MethodConnect:
		return contract.Request{}, InvalidOption("request", "%q: %q is not a method that can be sent; GET or POST is", text, method)
	case strings.ContainsFunc(path, mustBeEscaped):
		return contract.Request{}, InvalidOption("request", "%q: blanks, #, control characters and letters that are not ASCII "+
			"have to be percent-encoded, as in /a%%20b", text)
	case invalidURL(path):
		return contract.Request{}, InvalidOption("request", "%q: %% has to be followed by two hexadecimal digits", text)
	case root != "" && path != root && !strings.HasPrefix(path, root+"/") && !strings.HasPrefix(path, root+"?"):
		return contract.Request{}, InvalidOption("request", "%q is not below --root %s", text, root)
	}
	return contract.Request{Name: strings.ToLower(method), Method: method, Path: path}, nil
}

func invalidURL(path string) bool {
	_, err := url.ParseRequestURI(path)
	return err != nil
}

// mustBeEscaped reports whether a URL may not have the character as it is.
func mustBeEscaped(r rune) bool { return r <= ' ' || r == '#' || r >= 0x7f }

// freeName returns name, with a number if one of the requests has it.
func freeName(name string, asked []Asked) string {
	free := name
	for n := 2; slices.ContainsFunc(asked, func(a Asked) bool { return a.Name == free }); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}

// bodyOf returns the body of a request, and whether it has one: its own, or that of all.
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

// cause is the reason of an error of a file, without the name of a system call.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
