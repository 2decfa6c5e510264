package explain

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// A call is one system call, as strace -f -y prints it.
type call struct {
	pid    int // PID of the thread
	name   string
	args   string
	result int64  // -1 if the call failed
	opened string // the file of a returned descriptor
	errno  string // the name of the error, such as ENOENT; "" if the call succeeded
}

// The formats of a line. callOf matches up to the last " = ", since a path may contain one.
var (
	lineOf    = regexp.MustCompile(`^([1-9]\d{0,9}) +(.*)$`)
	callOf    = regexp.MustCompile(`^(\w+)\((.*)\)\s+= (-?\d+|0x[0-9a-f]+)(?:<([^>]*)>)?(?: (E[A-Z0-9]+))?(?: .*)?$`)
	resumed   = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
	unwaited  = regexp.MustCompile(`^(\w+\(.*?) *<(?:unfinished|pid changed to \d+) \.\.\.>$`)
	succeeded = regexp.MustCompile(`^\+\+\+ superseded by execve in pid (\d+) \+\+\+$`)
)

// parseCalls parses the output of strace. A call that another process interrupted has two lines, and is listed at the
// position of the second. Signals, exits and calls that never returned are left out.
func parseCalls(from io.Reader) ([]call, error) {
	var calls []call
	begun := map[int]string{}
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lineOf.FindStringSubmatch(lines.Text())
		if line == nil {
			return nil, fmt.Errorf("reading the output of strace: line %.100q has no process ID", lines.Text())
		}
		pid, _ := strconv.Atoi(line[1]) // at most 10 digits always fit
		text := line[2]
		if m := unwaited.FindStringSubmatch(text); m != nil {
			begun[pid] = m[1]
			continue
		}
		if m := succeeded.FindStringSubmatch(text); m != nil { // the thread takes its process's ID
			if other, err := strconv.Atoi(m[1]); err == nil {
				begun[pid] = begun[other]
			}
			continue
		}
		if m := resumed.FindStringSubmatch(text); m != nil {
			text = begun[pid] + m[1]
			delete(begun, pid)
		}
		m := callOf.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		result, err := strconv.ParseInt(m[3], 0, 64)
		if err != nil { // an address above 2⁶³, which is not used
			continue
		}
		calls = append(calls, call{pid: pid, name: m[1], args: m[2], result: result, opened: unquote(m[4]), errno: m[5]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the output of strace: %w", err)
	}
	return calls, nil
}

// The formats of arguments: 3</a/file>, AT_FDCWD</a/directory>, "a/path". In names, strace writes < and > as octal
// escapes.
var (
	descriptor = regexp.MustCompile(`\b(AT_FDCWD|\d+)<([^>]*)>`)
	quoted     = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// file returns the name of the file of the call's first descriptor, or "" if there is no descriptor.
func (c call) file() string {
	if m := descriptor.FindStringSubmatch(c.args); m != nil && m[1] != "AT_FDCWD" {
		return unquote(m[2])
	}
	return ""
}

// path returns the call's first path, and the directory that the path is relative to if the call names it.
func (c call) path() (path, dir string) {
	at := quoted.FindStringSubmatchIndex(c.args)
	if at == nil {
		return "", ""
	}
	if m := descriptor.FindStringSubmatch(c.args[:at[0]]); m != nil {
		dir = unquote(m[2])
	}
	return unquote(c.args[at[2]:at[3]]), dir
}

// unquote undoes strace's escapes, which are those of C: \n, \", and octal numbers of one to three digits.
func unquote(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abtnvfr`, s[i]); at >= 0 {
			b.WriteByte("\a\b\t\n\v\f\r"[at])
			continue
		}
		end := i
		for end < len(s) && end < i+3 && s[end] >= '0' && s[end] <= '7' {
			end++
		}
		if n, err := strconv.ParseUint(s[i:end], 8, 8); err == nil {
			b.WriteByte(byte(n))
			i = end - 1
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
