package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// hostedModel is the only model of somebody else's program.
var hostedModel = plan.Fresh

// hostOptions say what of somebody else's is hosted. The program script does it, which is told by variables.
type hostOptions struct {
	script, folder string
	root           string
	dir, documents string
	env            []string
	authorization  bool
	limitFlags     *flag.FlagSet
}

func (o *hostOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.script, "cgi", "", "host this executable, which speaks CGI")
	f.StringVar(&o.folder, "cgi-bin", "", "host the executables in this folder, each under its name")
	f.StringVar(&o.root, "root", "", "of --cgi and --cgi-bin: with what the paths of URLs begin that are answered, such as "+
		"/cgi-bin; by default all are")
	f.StringVar(&o.dir, "dir", "", "of --cgi and --cgi-bin: the folder in which children run, by default that of their file")
	f.StringVar(&o.documents, "documents", "", "of --cgi and --cgi-bin: the folder that PATH_TRANSLATED is in; by default that is not set")
	f.StringSliceVar(&o.env, "env", nil, "of --cgi and --cgi-bin: a variable for children, as NAME=VALUE, or as NAME with the value that "+
		"it has here; they get no others but those of CGI, PATH, and those that steer Go")
	f.BoolVar(&o.authorization, "authorization", false, "of --cgi and --cgi-bin: children get the header Authorization, as "+
		"HTTP_AUTHORIZATION")
	o.limitFlags = flag.NewFlagSet("", flag.ContinueOnError)
	new(contract.ChildLimits).Flags(o.limitFlags)
	f.AddGoFlagSet(o.limitFlags)
}

// wanted says whether something is to be hosted.
func (o *hostOptions) wanted() bool { return o.script != "" || o.folder != "" }

// ofHosts are the flags that mean nothing else.
var ofHosts = []string{"root", "dir", "documents", "env", "authorization"}

func (o *hostOptions) check(f *pflag.FlagSet) error {
	if o.script != "" && o.folder != "" {
		return usagef("--cgi and --cgi-bin exclude each other")
	}
	for _, name := range []string{"workload", "model"} {
		if o.wanted() && f.Changed(name) {
			return usagef("--%s cannot go with --cgi or --cgi-bin", name)
		}
	}
	for _, name := range ofHosts {
		if !o.wanted() && f.Changed(name) {
			return usagef("--%s is for --cgi and --cgi-bin", name)
		}
	}
	if o.root != "" && o.root[0] != '/' {
		return usagef("--root %q: a path that begins with / is needed", o.root)
	}
	return nil
}

// limits are the flags of limits that the command line has, for the program.
func (o *hostOptions) limits(f *pflag.FlagSet) []string {
	var args []string
	o.limitFlags.VisitAll(func(limit *flag.Flag) {
		if f.Changed(limit.Name) {
			args = append(args, "-"+limit.Name+"="+limit.Value.String())
		}
	})
	return args
}

// environment is that of the program script, nil if nothing is hosted.
func (o *hostOptions) environment() (map[string]string, error) {
	if !o.wanted() {
		return nil, nil
	}
	env := map[string]string{rootVariable: strings.TrimRight(o.root, "/")}
	if o.authorization {
		env[authorizationVariable] = "1"
	}
	var err error
	if o.script != "" {
		env[scriptVariable], err = executable(o.script)
	} else {
		env[scriptVariable], err = folder("cgi-bin", o.folder)
	}
	if err != nil {
		return nil, err
	}
	for _, named := range []struct{ flag, path, variable string }{
		{"dir", o.dir, dirVariable}, {"documents", o.documents, documentsVariable},
	} {
		if named.path == "" {
			continue
		}
		if env[named.variable], err = folder(named.flag, named.path); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, given := range o.env {
		name, value, has := strings.Cut(given, "=")
		if name == "" || strings.ContainsAny(name, " \t,") {
			return nil, usagef("--env %q: NAME or NAME=VALUE is needed", given)
		}
		if has {
			env[name] = value
		} else if _, set := os.LookupEnv(name); !set {
			return nil, usagef("--env %s: it is not set here; give it a value, as %[1]s=VALUE", name)
		}
		names = append(names, name)
	}
	env[envVariable] = strings.Join(names, ",")
	return env, nil
}

// executable is the absolute path of a file that can be executed.
func executable(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	if why := subject.NoProgram(absolute); why != "" {
		return "", usagef("--cgi %s %s", path, why)
	}
	return absolute, nil
}

func folder(flag, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", usagef("--%s %s does not exist", flag, path)
	case err != nil:
		return "", usagef("--%s: %w", flag, err)
	case !info.IsDir():
		return "", usagef("--%s %s is no folder", flag, path)
	}
	return absolute, nil
}
