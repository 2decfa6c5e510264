package explain

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Advice on how to remove a part. The report's table has room for about 35 characters.
const (
	adviseLazy   = "import it lazily, where it is used"
	adviseNoSite = "use -S or -I (no site-packages)"
	adviseDirect = "start the last program directly"
)

// adviseFile returns how the program can avoid opening the file, or "" if that is not known.
func adviseFile(path string, language *language, goes bool) string {
	base := filepath.Base(path)
	switch {
	case base == "ld.so.cache" || base == "ld.so.preload":
		return adviseStaticOf(language)
	case base == "localtime" || strings.Contains(path, "/zoneinfo/"):
		return "set TZ=UTC"
	case strings.Contains(path, "/locale/") || strings.Contains(path, "/gconv/") || base == "locale.alias":
		return "set LC_ALL=C"
	case strings.HasSuffix(path, ".pyc"):
		return adviseLazy
	case strings.HasSuffix(path, ".pth"):
		return adviseNoSite
	case isSQLite(path):
		return "use a smaller schema (it is parsed)"
	case goes && (strings.Contains(path, "cgroup") || path == "/proc/self/mountinfo"): // opened by its runtime
		return "set GODEBUG=containermaxprocs=0"
	}
	return ""
}

// adviseStaticOf returns the advice for compiled programs. An interpreter is rarely built by its user.
func adviseStaticOf(language *language) string {
	if language != nil {
		return ""
	}
	return "link statically"
}

// isSQLite reports whether the file is an SQLite database, by its first bytes.
func isSQLite(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	begin, _ := io.ReadAll(io.LimitReader(f, int64(len(magic))))
	return string(begin) == magic
}

// adviseMissing returns how to avoid lookups of files that do not exist.
func adviseMissing(language *language) string {
	switch {
	case language == nil:
		return ""
	case language.name == "shell":
		return "use absolute paths for commands"
	default:
		return "remove entries from " + language.paths
	}
}

// adviseInitOf returns the advice on a package's initialization. Import paths of the standard library have no dot in
// their first element; it is advised only to stop importing those.
func adviseInitOf(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case name == "runtime" || strings.HasPrefix(name, "internal/"):
		return ""
	case name == "main" || strings.Contains(first, "."):
		return "use sync.OnceValue (on first use)"
	}
	return "remove the package that imports it"
}
