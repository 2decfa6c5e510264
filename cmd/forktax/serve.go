package main

import (
	"flag"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/hosting"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

func serveCommand(atOnce <-chan struct{}) *cobra.Command {
	var o hosting.Options
	limits := flag.NewFlagSet("", flag.ContinueOnError)
	new(contract.ChildLimits).Flags(limits)
	l := subject.Launcher{Exporter: ownPath(), Kill: atOnce}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a workload in one execution model, or any CGI program",
		Long: `Serve prepares a workload's data in a temporary directory and serves it until Ctrl-C. It prints the line
"ready <url> <admin url>"; the admin URL has /metrics, /usage and /healthz.

With --cgi it hosts a CGI executable in any language, with one process per request. With --cgi-bin it hosts all
executables of a directory, each under its name. The flags below limit the resources of children and clients;
SECURITY.md describes what the host guarantees.

With --auth-file, --auth-ldap, or both, clients have to authenticate by HTTP Basic authentication. The first of the two
that has the user decides. Children of --cgi get the user in AUTH_TYPE and REMOTE_USER, other workloads in the header
Remote-User.`,
		Example: `  forktax serve --model cgi --workload guestbook --addr 127.0.0.1:8080
  forktax serve --cgi ./hello.sh --root /hello
  forktax serve --cgi ./hello.sh --auth-file ./passwords --auth-ldap 'ldap://localhost/ou=people,dc=example?uid'
  forktax serve --cgi-bin ./cgi-bin --root /cgi-bin --max-children 32 --child-timeout 10s`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Script.Validate(c.Flags().Changed); err != nil {
				return err
			}
			var given []string
			c.Flags().Visit(func(f *pflag.Flag) { given = append(given, f.Name) })
			if err := o.Auth.Validate(given); err != nil {
				return err
			}
			if o.Script.Enabled() {
				o.Workload, o.Model = subject.ScriptWorkload, subject.ScriptModel
			}
			l.Flags = givenLimits(limits, c.Flags())
			return o.Serve(c.Context(), &l, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.Workload, "workload", "hello", "workload to serve; see forktax list")
	f.StringVar(&o.Model, "model", contract.Resident().Name, "execution model")
	f.BoolVar(&o.Phases, "phases", false,
		"report the phases of each request in the header Server-Timing, with times of the host's clock")
	f.StringVar(&l.Addr, "addr", "127.0.0.1:0", "listen address (port 0: any free port)")
	f.StringVar(&l.Admin, "admin", "127.0.0.1:0", "listen address of the admin pages")
	f.BoolVar(&o.RemoteAdmin, "remote-admin", false,
		"permit --admin to be an address that other machines reach, as parts of a run must; it has no authentication")
	scriptFlags(&o.Script, f)
	f.AddGoFlagSet(limits)
	authFlags(&o.Auth, f)
	databaseFlags(&o.Data, f)
	return c
}

// scriptFlags adds the flags of hosted executables.
func scriptFlags(o *hosting.Script, f *pflag.FlagSet) {
	f.StringVar(&o.CGI, "cgi", "", "CGI executable to host")
	f.StringVar(&o.Directory, "cgi-bin", "", "directory of CGI executables to host, each at /NAME")
	programFlags(&o.Spec, f)
}

// givenLimits returns the flags of limits that the command line has, as arguments of the program.
func givenLimits(limits *flag.FlagSet, f *pflag.FlagSet) []string {
	var args []string
	limits.VisitAll(func(limit *flag.Flag) {
		if f.Changed(limit.Name) {
			args = append(args, "-"+limit.Name+"="+limit.Value.String())
		}
	})
	return args
}

// authFlags adds the flags of authentication.
func authFlags(o *hosting.Auth, f *pflag.FlagSet) {
	f.StringVar(&o.File, "auth-file", "", "admit the users of this password file (htpasswd)")
	f.StringVar(&o.GroupFile, "auth-group-file", "", "groups of --auth-file: lines of \"group: name name\"")
	f.StringVar(&o.LDAP, "auth-ldap", "",
		"admit the users of this LDAP directory, ldap://host:port/base?attribute?sub?filter, unless "+
			"--auth-file has the name")
	f.StringVar(&o.BindName, "auth-ldap-name", "", "--auth-ldap: bind DN for searches (default: anonymous)")
	f.StringVar(&o.BindPasswordFile, "auth-ldap-password-file", "", "--auth-ldap: file with the password of the bind DN")
	f.StringVar(&o.GroupBase, "auth-ldap-groups", "", "--auth-ldap: base DN of groups (groupOfNames)")
	f.StringVar(&o.CAFile, "auth-ldap-ca", "",
		"--auth-ldap: file with the trusted certificates (PEM; default: those of the system)")
	f.BoolVar(&o.StartTLS, "auth-ldap-starttls", false, "--auth-ldap: use StartTLS")
	f.DurationVar(&o.Cache, "auth-ldap-cache", 0, "--auth-ldap: how long a correct password is cached")
	f.StringVar(&o.Realm, "auth-realm", "", "realm of the authentication challenge")
	f.StringVar(&o.Group, "auth-group", "", "admit the members of this group only; other users get status 403")
}
