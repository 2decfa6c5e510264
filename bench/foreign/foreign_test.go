package foreign_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"forktax/bench/foreign"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"plain, 3 µs\tand\nä line 日本": "plain, 3 µs\tand\nä line 日本",
		"\x1b]0;title\a\x1b[2Jgone":   `\x1b]0;title\a\x1b[2Jgone`,
		"over\rwritten\b\x00\x7f":     `over\rwritten\b\x00\x7f`,
		"one\r\ntwo\r\n":              "one\ntwo\n",
		"\u009b31m":                   `\u009b31m`,          // the CSI of ISO 6429
		"abc\u202ecba\u2066":          `abc\u202ecba\u2066`, // another direction
		"\xff\xc3":                    `\xff\xc3`,
		`a\x1b`:                       `a\x1b`,
		"\ufffd":                      "\ufffd",
		"\U000e0001":                  `\U000e0001`,
		"a\u00a0b":                    "a\u00a0b",
	} {
		if got := foreign.Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
	if got, want := foreign.Line("one\ntwo\x1b"), `one\ntwo\x1b`; got != want {
		t.Errorf("Line = %q, want %q", got, want)
	}
	if got, want := foreign.Indented("one\ntwo\x1b", "  "), "  one\n  two\\x1b"; got != want {
		t.Errorf("Indented = %q, want %q", got, want)
	}
}

// The output of a Writer is the same as the output of Text, however the input is split.
func TestWriter(t *testing.T) {
	const text = "日本\r\n\x1b[2J\u009bä\xff\xe6ok\rx\n"
	want := foreign.Text(text)
	for size := 1; size < len(text); size++ {
		var got bytes.Buffer
		w := foreign.NewWriter(&got)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if written, err := w.Write([]byte(rest[:n])); written != n || err != nil {
				t.Fatalf("Write = %d, %v, want %d", written, err, n)
			}
			rest = rest[n:]
		}
		if got.String() != want {
			t.Errorf("in pieces of %d: %q, want %q", size, got.String(), want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("\x1b[2J\r\n\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		got := foreign.Text(text)
		if strings.ContainsFunc(got, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r &&
				r < 0xa0
		}) ||
			!utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q", text, got)
		}
		if again := foreign.Text(got); again != got {
			t.Errorf("Text(%q) = %q", got, again)
		}
		var written bytes.Buffer
		w := foreign.NewWriter(&written)
		cut = min(max(cut, 0), len(text))
		w.Write([]byte(text[:cut]))
		w.Write([]byte(text[cut:]))
		if !strings.HasPrefix(got, written.String()) {
			t.Errorf("Writer of %q and %q has %q, want %q", text[:cut], text[cut:], written.String(), got)
		}
	})
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(name, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{name, filepath.Join(dir, "link")} {
		if got, err := foreign.ReadFile(file, 5); string(got) != "12345" || err != nil {
			t.Errorf("ReadFile(%s) = %q, %v", file, got, err)
		}
	}
	if _, err := foreign.ReadFile(name, 4); err == nil || err.Error() != "read "+name+": larger than 4 bytes" {
		t.Errorf("ReadFile of a too large file = %v", err)
	}
	if _, err := foreign.ReadFile(name+"-none", 4); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of a missing file = %v", err)
	}
}

// Open rejects files that are not regular, without waiting.
func TestOpenTakesOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "socket")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, want := range map[string]string{dir: "it is a directory, not a regular file", fifo(t,
		dir): "it is a FIFO",
		"/dev/zero": "it is a device", socket: "open " + socket} {
		if _, err := foreign.Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s) = %v, want %q", name, err, want)
		}
	}
}

// fifo creates a FIFO without a writer.
func fifo(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
