// Forktax-authproxy is a workload program that authenticates clients in front of a server of any kind. It passes the
// requests of users on to the server at AUTHPROXY_URL, with the name of the user in the header Remote-User. The
// variables of package auth configure the users.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"forktax/auth"
	"forktax/workload"
	"forktax/workload/contract"
)

const userHeader = "Remote-User"

func main() {
	workload.Main(workload.Workload{
		Name:          "authproxy",
		About:         "who you are, in front of any server: the one that " + contract.EnvAuthproxyURL + " names",
		Requests:      []workload.Request{{Name: "get", Method: http.MethodGet, Path: "/", Want: workload.Want{Status: http.StatusUnauthorized}}},
		Open:          open,
		Env:           append([]string{contract.EnvAuthproxyURL}, auth.Variables...),
		Authorization: true,
	})
}

// open reads the settings from the environment. The handler keeps idle connections to the server at AUTHPROXY_URL,
// and to an LDAP server, until it is closed.
func open(context.Context) (workload.Connect, error) {
	behind, err := url.Parse(os.Getenv(contract.EnvAuthproxyURL))
	if err != nil || behind.Host == "" {
		return nil, fmt.Errorf("%s is %q: it names the server behind, such as http://127.0.0.1:8080",
			contract.EnvAuthproxyURL, os.Getenv(contract.EnvAuthproxyURL))
	}
	settings, err := auth.FromEnvironment()
	if err != nil {
		return nil, err
	}
	if !settings.Enabled() {
		return nil, fmt.Errorf("neither %s nor %s is set: they say who knows the users", contract.EnvAuthFile,
			contract.EnvAuthLDAP)
	}
	settings.Connection = workload.ConnectionOpened
	opened, err := settings.Open()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (http.Handler, func() error, error) {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		gate, shut := opened.Middleware(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(behind)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Authorization") // the server does not need the password
			for name := range r.Out.Header {  // Remote_User, too: both become the same CGI variable
				if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), userHeader) {
					delete(r.Out.Header, name)
				}
			}
			r.Out.Header.Set(userHeader, auth.User(r.In))
		}})
		return gate, func() error {
			transport.CloseIdleConnections()
			return shut()
		}, nil
	}, nil
}
