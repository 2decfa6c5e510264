package explain

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// What would remove a part, where that is known.
const (
	adviseLazy   = "import it where it is needed"
	adviseNoSite = "-S or -I, without site-packages"
	adviseDirect = "start the last one directly"
)

// adviseFile tells what would spare the program a file.
func adviseFile(path string, language *language, goes bool) string {
	base := filepath.Base(path)
	switch {
	case base == "ld.so.cache" || base == "ld.so.preload":
		return adviseStaticOf(language)
	case base == "localtime" || strings.Contains(path, "/zoneinfo/"):
		return "TZ=UTC"
	case strings.Contains(path, "/locale/") || strings.Contains(path, "/gconv/") || base == "locale.alias":
		return "LC_ALL=C"
	case strings.HasSuffix(path, ".pyc"):
		return adviseLazy
	case strings.HasSuffix(path, ".pth"):
		return adviseNoSite
	case isSQLite(path):
		return "a smaller schema, which is parsed"
	case goes && (strings.Contains(path, "cgroup") || path == "/proc/self/mountinfo"): // opened by its runtime
		return "GODEBUG=containermaxprocs=0"
	}
	return ""
}

// adviseStaticOf is for programs that are compiled: nobody links another's interpreter.
func adviseStaticOf(language *language) string {
	if language != nil {
		return ""
	}
	return "link statically"
}

// isSQLite says whether the file is a database, by its first bytes.
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

// adviseMissing tells how to look for less in vain.
func adviseMissing(language *language) string {
	switch {
	case language == nil:
		return ""
	case language.name == "shell":
		return "name commands by their whole path"
	default:
		return "fewer folders in " + language.paths
	}
}

// adviseInitOf tells one's own packages from those of the standard library, whose first element has no dot.
func adviseInitOf(name string) string {
	first, _, _ := strings.Cut(name, "/")
	switch {
	case name == "runtime" || strings.HasPrefix(name, "internal/"):
		return ""
	case name == "main" || strings.Contains(first, "."):
		return "on first use, by sync.OnceValue"
	}
	return "drop what imports it"
}
