// Package foreign handles untrusted files and text: results from another machine, the standard error of a program. It
// opens only regular files and reads them up to a limit. It escapes text so that it cannot control a terminal, and
// describes JSON of the wrong shape in terms of JSON. Harness and workload programs both import it, so it imports no
// other package of this module.
package foreign
