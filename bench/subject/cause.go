package subject

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"syscall"

	"forktax/bench/foreign"
	"forktax/bench/process"
)

// A Failure is what is known of a program that does not start, or does not respond as CGI asks for.
type Failure struct {
	Path   string   // of the executable; "" if only the log of its host may name it
	Err    error    // of executing it; nil if it was started, or if only the log of its host has it
	Output []byte   // what it printed, for which Log stands if a host read it
	Log    []string // what it logged, and its host
}

// responseForm is what a program has to print.
const responseForm = "a CGI response begins with a header, such as Content-Type: text/plain, and an empty line"

// Cause returns why, with what would mend it: a sentence without its full stop, or "" if that is not known.
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

// Suffix is the cause and the log for the end of an error, after a semicolon each; "" if nothing is known.
func (f Failure) Suffix() string {
	suffix := process.Logged(f.Log)
	if cause := f.Cause(); cause != "" {
		suffix = "; " + cause + suffix
	}
	return suffix
}

// refusedInLog is what net/http/cgi logs of a program that the system does not execute.
var refusedInLog = regexp.MustCompile(`fork/exec (.+): (.+)$`)

// refusals are the errors of exec that have causes in the file.
var refusals = []syscall.Errno{syscall.ENOENT, syscall.EACCES, syscall.ENOEXEC}

// refused returns the file that the system did not execute, and its error: 0 if it was executed.
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

// envInLog is what env says that does not find a program; misled is what interpreters say of options that they do not
// have.
var (
	envInLog = regexp.MustCompile(`\benv: ['‘"]?([^'’"]+)['’"]?: No such file or directory`)
	misled   = regexp.MustCompile(`(?i)(illegal|invalid|unknown|bad) (option|-)`)
)

// loggedCause is what the log says of the first line of a script, whose interpreter was executed.
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
			return fmt.Sprintf("env does not find %s on the program's PATH: name it by its path, in line 1 if it is there",
				asked[1])
		}
	}
	return ""
}

// headInLog is what net/http/cgi logs of a response without a head, with what the host adds.
var headInLog = regexp.MustCompile(`\b(no headers|bogus header line: (.*?))(?:; the program (?:ended|was killed).*)?$`)

// headCause is what a response lacks. Of a program that printed nothing, its own log says more, if there is one.
func (f Failure) headCause() string {
	if f.Output != nil && len(f.Output) == 0 {
		return withForm("it printed nothing", len(f.Log) == 0)
	}
	if len(f.Output) > 0 && !hasHead(f.Output) {
		line, _, _ := bytes.Cut(f.Output, []byte("\n"))
		return unlikeHead(string(line))
	}
	for _, line := range f.Log {
		if m := headInLog.FindStringSubmatch(line); m != nil && m[1] == "no headers" {
			return withForm("it printed no header", len(f.Log) == 1)
		} else if m != nil {
			return unlikeHead(m[2])
		}
	}
	return ""
}

// hasHead reports whether the output begins with a header.
func hasHead(output []byte) bool {
	_, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(output))).ReadMIMEHeader()
	return err == nil
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
