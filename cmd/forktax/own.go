package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/plan"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// ownOptions name two things of somebody's own that are to be compared: a CGI executable, and what does the same and stays.
type ownOptions struct {
	CGI        string
	Persistent string // a URL, or a command
	Request    string
}

func (o *ownOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.CGI, "cgi", o.CGI, "in place of --workload: a CGI executable, in any language")
	f.StringVar(&o.Persistent, "persistent", o.Persistent, "what --cgi is compared with: the URL of a server that does the "+
		"same, or the command that starts one at the port that is in its variable PORT, and in the place of {port}")
	f.StringVar(&o.Request, "request", o.Request, "the path that both are asked for; by default that of --persistent, or /")
}

// own makes what --cgi and --persistent say a part of what is to be measured.
func (o *options) own() error {
	switch {
	case o.Own == ownOptions{}:
		return nil
	case o.Own.CGI == "" && o.Own.Persistent != "":
		return mistaken("persistent", "is what --cgi is compared with: name a CGI executable by that")
	case o.Own.CGI == "":
		return mistaken("request", "is for --cgi: name a CGI executable by that")
	case o.has("workload"):
		return mistaken("workload", "and --cgi exclude each other")
	case o.has("model"):
		return mistaken("model", "and --cgi exclude each other: a CGI executable has the model cgi alone")
	case len(o.Variants) > 0:
		return mistaken(variantsKey, "and --cgi exclude each other")
	case o.Own.Request != "" && !strings.HasPrefix(o.Own.Request, "/"):
		return mistaken("request", "%q: a path that begins with / is needed", o.Own.Request)
	}
	if why := subject.NoProgram(o.Own.CGI); why != "" {
		return mistaken("cgi", "%s %s", o.Own.CGI, why)
	}
	o.Models, o.Ladder = []string{hostedModel}, false
	if o.Baseline == "" && o.Own.Persistent != "" {
		o.Baseline = plan.Baseline
	}
	return nil
}

// persistent is what --persistent names, nil if that is nothing, and the path that it is asked for.
func (o ownOptions) persistent() (f *subject.Foreign, path string, err error) {
	path = "/"
	switch {
	case o.Persistent == "":
	case strings.HasPrefix(o.Persistent, "http://"), strings.HasPrefix(o.Persistent, "https://"):
		parsed, err := subject.ParseForeign(plan.Baseline + "=" + o.Persistent)
		if err != nil {
			return nil, "", mistaken("persistent", "%s", strings.TrimPrefix(err.Error(), plan.Baseline+"="))
		}
		if u := parsed.URL.RequestURI(); u != "" {
			path = u
		}
		parsed.URL = &url.URL{Scheme: parsed.URL.Scheme, Host: parsed.URL.Host}
		f = &parsed
	default:
		f = &subject.Foreign{Name: plan.Baseline, Command: o.Persistent}
	}
	if o.Request != "" {
		path = o.Request
	}
	return f, path, nil
}

// host has the program script ask for the one path, and its host answer it by the executable, as if that were there.
func (o ownOptions) host(p *subject.Program, l *subject.Launcher, path string) error {
	absolute, err := filepath.Abs(o.CGI)
	if err != nil {
		return fmt.Errorf("finding %s: %w", o.CGI, err)
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return mistaken("request", "%q: %v", path, err)
	}
	p.Requests = []contract.Request{{Name: "get", Method: "GET", Path: path}}
	env := map[string]string{scriptVariable: absolute, rootVariable: strings.TrimRight(u.Path, "/")}
	maps.Copy(env, l.Env)
	l.Env = env
	return nil
}

// learn has both sides prove that they answer the same, and asks the one that stays, or else the executable, what that is.
func (o *options) learn(ctx context.Context, l *subject.Launcher, p *subject.Program) (failed error) {
	var targets []*subject.Target
	for _, model := range []string{plan.Baseline, hostedModel} {
		if model == plan.Baseline && o.Own.Persistent == "" {
			continue
		}
		target, stop, err := l.Launch(ctx, model, p.Name)
		if err != nil {
			return err
		}
		defer func() { failed = errors.Join(failed, stop()) }()
		targets = append(targets, target)
	}
	want, err := subject.RecordExpected(ctx, targets[0], p.Requests[0])
	if varies := new(subject.Variance); errors.As(err, &varies) && o.Different {
		err = nil
	}
	if err == nil && !o.Different {
		err = run.VerifyEquivalent(ctx, p.Requests, targets)
	}
	p.Requests[0].Want = want
	return err
}
