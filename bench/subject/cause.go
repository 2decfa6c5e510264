package subject

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"

	"forktax/bench/foreign"
	"forktax/bench/process"
	"forktax/cgi/header"
)

// A Failure describes a program that does not start, or does not print a CGI response.
type Failure struct {
	Path   string   // path of the executable; "" if only the host's log may name it
	Err    error    // error of executing it; nil if it was started, or if only the host's log has the error
	Output []byte   // what it printed; nil if its host read that and Log describes it
	Log    []string // lines that it and its host logged
}

// responseForm describes what a program must print.
const responseForm = "a CGI response begins with a header, such as Content-Type: text/plain, and an empty line"

// Cause returns the cause and what to do: a sentence without its period, or "" if the cause is not known.
func (f Failure) Cause() string {
	path, refusal := f.refused()
	if refusal != 0 {
		return refusalCause(path, refusal)
	}
	if cause := f.loggedCause(path); cause != "" {
		return cause
	}
	return f.headCause()
}

// Suffix returns the cause and the log, each after a semicolon, to be appended to an error; "" if nothing is known.
func (f Failure) Suffix() string {
	suffix := process.Logged(f.Log)
	if cause := f.Cause(); cause != "" {
		suffix = "; " + cause + suffix
	}
	return suffix
}

// refusedInLog matches what net/http/cgi logs when the system does not execute a program.
var refusedInLog = regexp.MustCompile(`fork/exec (.+): (.+)$`)

// refusals lists the errors of exec whose cause is in the file.
var refusals = []syscall.Errno{syscall.ENOENT, syscall.EACCES, syscall.ENOEXEC}

// refused returns the file that the system did not execute, and the error, which is 0 if it was executed.
func (f Failure) refused() (path string, refusal syscall.Errno) {
	if errors.As(f.Err, &refusal) {
		return f.Path, refusal
	}
	for _, line := range f.Log {
		m := refusedInLog.FindStringSubmatch(line)
		for _, refusal := range refusals {
			if m != nil && m[2] == refusal.Error() {
				return cmp.Or(f.Path, m[1]), refusal
			}
		}
	}
	return f.Path, 0
}

// envInLog matches the message of env about a program that it does not find; misled matches the messages of
// interpreters about unknown options.
var (
	envInLog = regexp.MustCompile(`\benv: ['‘"]?([^'’"]+)['’"]?: No such file or directory`)
	misled   = regexp.MustCompile(`(?i)(illegal|invalid|unknown|bad) (option|-)`)
)

// loggedCause returns the cause that the log shows for a script whose interpreter was executed: an error in line 1.
func (f Failure) loggedCause(path string) string {
	file, err := Inspect(path)
	dos := err == nil && file.carriageReturn()
	for _, line := range f.Log {
		asked := envInLog.FindStringSubmatch(line)
		switch {
		case asked != nil && (strings.HasSuffix(asked[1], `\r`) || strings.HasSuffix(asked[1], "\r")),
			dos && misled.MatchString(line):
			return carriageReturnCause(path)
		case asked != nil:
			return fmt.Sprintf("env does not find %s on the program's PATH: use its absolute path (in line 1, if it is there)",
				asked[1])
		}
	}
	return ""
}

// headInLog matches what a CGI host logs about a response without a header, with what the program did after it: our own
// host and net/http/cgi.
var headInLog = regexp.MustCompile(
	`\b(?:no headers?|(?:bogus header line|malformed response header line): (.*?))` +
		`(?:; the program (?:ended|was killed).*)?$`)

// headCause returns what a response lacks. If a program printed nothing, its own log explains more than the form.
func (f Failure) headCause() string {
	if f.Output != nil && len(f.Output) == 0 {
		return withForm("it printed nothing", len(f.Log) == 0)
	}
	if len(f.Output) > 0 && !hasHead(f.Output) {
		line, _, _ := bytes.Cut(f.Output, []byte("\n"))
		return unlikeHead(string(line))
	}
	for _, line := range f.Log {
		m := headInLog.FindStringSubmatch(line)
		switch {
		case m == nil:
		case m[1] == "":
			return withForm("it printed no header", len(f.Log) == 1)
		default:
			return unlikeHead(m[1])
		}
	}
	return ""
}

// hasHead reports whether the output begins with a header, also if a value in it is invalid.
func hasHead(output []byte) bool {
	text, _, err := header.Read(bytes.NewReader(output), make([]byte, 0, 512), -1)
	if err == nil {
		_, err = header.Parse(text)
	}
	return !header.IsMissing(err)
}

func withForm(cause string, explained bool) string {
	if explained {
		cause += ": " + responseForm
	}
	return cause
}

func unlikeHead(line string) string {
	return fmt.Sprintf("its first line is %.80q: %s", foreign.WithoutSecrets(strings.TrimRight(line, "\r")), responseForm)
}
