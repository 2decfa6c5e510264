package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/auth"
)

// users is a password file with all formats, made by htpasswd and openssl passwd. Each password is "secret of " and the
// name.
const users = `# made by htpasswd
ada:$2y$04$Ca3oIUsI7UfL6ygMXiHPZuh6xz1Ddbu798GY0tPqHJ2yHpXTWO8jS
brian:$apr1$EpdprbsK$wNf4l.nd87jwD4LsSlYww0

claude:{SHA}2K3gf3DWz/i8zL39HOP5J0ggSq0=
sha256:$5$abcdefgh$ut9NIZDmk6fSSqqUtvPAAgteU1i6.FHiDGXTs442/O.
sha512:$6$abcdefgh$RdJKI.LyYnzq2wjWiScF4nCL0QPPNTNv77DaAJBvs/LqzFsRSTHITjs9RuW6xS8J7ZFullYfXWn722d9d5n5B1
`

const groups = "readers: ada brian\nwriters: ada\n"

func secretOf(name string) string { return "secret of " + name }

// written writes a file in a temporary directory and returns its path.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	rewrite(t, path, text)
	return path
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// checks compares the result and the groups for a name and a password.
func checks(t *testing.T, c auth.Authenticator, name, password string, want auth.Result, groups ...string) {
	t.Helper()
	got, in, err := c.Authenticate(t.Context(), name, password)
	if err != nil || got != want || strings.Join(in, " ") != strings.Join(groups, " ") {
		t.Errorf("Authenticate(%q, %q) = %v, %v, %v; want %v, %v", name, password, got, in, err, want, groups)
	}
}

func TestFile(t *testing.T) {
	f, err := auth.NewFile(written(t, "users", users), written(t, "groups", groups))
	if err != nil {
		t.Fatal(err)
	}
	checks(t, f, "ada", secretOf("ada"), auth.Known, "readers", "writers")
	checks(t, f, "brian", secretOf("brian"), auth.Known, "readers")
	for _, name := range []string{"claude", "sha256", "sha512"} {
		checks(t, f, name, secretOf(name), auth.Known)
	}
	for _, name := range []string{"ada", "brian", "claude", "sha256", "sha512"} {
		checks(t, f, name, secretOf("nobody"), auth.Refused)
		checks(t, f, name, "", auth.Refused)
	}
	checks(t, f, "nobody", secretOf("nobody"), auth.Declined)
	checks(t, f, "# made by htpasswd", "", auth.Declined)
	checks(t, f, "Ada", secretOf("ada"), auth.Declined)
}

// A file that has changed is read again. If it cannot be read, no user is authenticated.
func TestFileIsReread(t *testing.T) {
	path := written(t, "users", users)
	f, err := auth.NewFile(path, "")
	if err != nil {
		t.Fatal(err)
	}
	checks(t, f, "ada", secretOf("ada"), auth.Known)
	rewrite(t, path, strings.Replace(users, "ada:", "eve:", 1)) // of the same length
	later := time.Now().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
	checks(t, f, "ada", secretOf("ada"), auth.Declined)
	checks(t, f, "eve", secretOf("ada"), auth.Known)

	rewrite(t, path, "eve:open\n")
	if v, _, err := f.Authenticate(t.Context(), "eve", "open"); err == nil || v == auth.Known {
		t.Errorf("Authenticate with a plain-text password in the file = %v, %v; want an error", v, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if v, _, err := f.Authenticate(t.Context(), "eve", secretOf("ada")); err == nil || v == auth.Known {
		t.Errorf("Authenticate without the file = %v, %v; want an error", v, err)
	}
	rewrite(t, path, users)
	checks(t, f, "ada", secretOf("ada"), auth.Known)
}

// A file that is written with the same size and modification time is read again, also right after it was read.
func TestFileOfSameSizeAndTimeIsReread(t *testing.T) {
	for name, wait := range map[string]time.Duration{"at once": 0, "later": 2100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, "users", users)
			then := time.Unix(1e9, 0)
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
			time.Sleep(wait)
			f, err := auth.NewFile(path, "")
			if err != nil {
				t.Fatal(err)
			}
			checks(t, f, "ada", secretOf("ada"), auth.Known)
			rewrite(t, path, strings.Replace(users, "ada:", "eve:", 1))
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
			checks(t, f, "ada", secretOf("ada"), auth.Declined)
			checks(t, f, "eve", secretOf("ada"), auth.Known)
		})
	}
}

func TestWrongFiles(t *testing.T) {
	const bcryptHash = "Ca3oIUsI7UfL6ygMXiHPZuh6xz1Ddbu798GY0tPqHJ2yHpXTWO8jS"
	const shaHash = "abcdefgh$ut9NIZDmk6fSSqqUtvPAAgteU1i6.FHiDGXTs442/O."
	const hash = ":{SHA}2K3gf3DWz/i8zL39HOP5J0ggSq0=\n"
	for text, want := range map[string]string{
		"claude" + hash + "ada:hush\n": `:2: unknown password format`,
		"ada:\n":                       `:1: unknown password format`,
		"\n\nada\n":                    `:3: invalid line; want "name:"`,
		hash:                           `:1: invalid line; want "name:"`,
		// a cost out of range, and hashes with a valid prefix only
		"ada:$2y$15$" + bcryptHash:                          `:1: bcrypt cost 15: must be from 4 to 14`,
		"ada:$5$rounds=999999999$" + shaHash:                `:1: SHA-256 rounds 999999999: must be from 1000 to 1000000`,
		"ada:$5$rounds=1$" + shaHash:                        `:1: SHA-256 rounds 1:`,
		"ada:$5$rounds=all$" + shaHash:                      `:1: unknown password format`,
		"ada:$6$rounds=5000$hush":                           `:1: unknown password format`,
		"ada:$2y$04$hush":                                   `:1: unknown password format`,
		"ada:$apr1$longsaltlongsalt$wNf4l.nd87jwD4LsSlYww0": `:1: unknown password format`,
		"ada:{SHA}hush":                                     `:1: unknown password format`,
		"claude" + hash + "\nclaude" + hash:                 `:3: duplicate name`,
	} {
		path := written(t, "users", text)
		_, err := auth.NewFile(path, "")
		if err == nil || !strings.Contains(err.Error(), path+want) || strings.Contains(err.Error(), "hush") ||
			strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "claude") {
			t.Errorf("NewFile of %q = %v, want %q", text, err, path+want) // without names and passwords
		}
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.NewFile(fifo, ""); err == nil || !strings.Contains(err.Error(),
		"it is a FIFO, not a regular file") {
		t.Errorf("NewFile of a FIFO = %v, want an error", err)
	}
	good := written(t, "users", users)
	for name, test := range map[string]struct{ users, groups, want string }{
		"an invalid group file":   {good, written(t, "groups", "readers\n"), ":1: invalid line"},
		"a missing group file":    {good, good + "-none", "reading the group file"},
		"a missing password file": {good + "-none", "", "reading the password file"},
	} {
		if _, err := auth.NewFile(test.users, test.groups); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("NewFile of %s = %v, want %q", name, err, test.want)
		}
	}
}
