package servers

import (
	"errors"
	"fmt"
	"forktax/bench/process"
	"io"
)

// WriteList lists the web servers and databases that suites need. It names the packages of missing servers.
func WriteList(out io.Writer) {
	for _, kind := range WebInfos() {
		fmt.Fprintf(out, "server %s: %s, for %s", kind.Name, kind.About, kind.Handles)
		if missing := new(process.NotInstalledError); errors.As(kind.Missing, &missing) {
			fmt.Fprintf(out, "; not installed (Debian: apt-get install %s)", missing.Packages)
		}
		fmt.Fprintln(out)
	}
	for _, other := range []struct {
		name, about, packages string
		missing               error
	}{
		{"postgres", "keeps the data of guestbook, with --database postgres", "postgresql", PostgresInstalled()},
		{"slapd", "knows the users of members, with --directory slapd", "slapd", SlapdInstalled()},
	} {
		fmt.Fprintf(out, "server %s: %s", other.name, other.about)
		if other.missing != nil {
			fmt.Fprintf(out, "; not installed (Debian: apt-get install %s)", other.packages)
		}
		fmt.Fprintln(out)
	}
}
