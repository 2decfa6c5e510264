package explain

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// What would remove a part, where that is known.
const (
	adviseKeep       = "keep the process"
	adviseKeepAlive  = "keep the process, and connected"
	adviseLazy       = "import it where it is needed"
	adviseNoSite     = "-S or -I, without site-packages"
	adviseModule     = "code in a module is compiled once"
	adviseScript     = "do less before the answer"
	adviseInit       = "on first use, by sync.OnceValue"
	adviseImportLess = "drop what imports it"
	adviseStatic     = "link statically"
	adviseOwnProcess = "do it in the program itself"
	adviseBuiltin    = "use a builtin of the shell"
	adviseDirect     = "start the last one directly"
	adviseShebang    = "name it by its path in line 1"
	adviseSchema     = "a smaller schema, which is parsed"
	adviseLocale     = "LC_ALL=C"
	adviseZone       = "TZ=UTC"
	adviseMemory     = "touch less memory"
	adviseWait       = "see its processes and connections"
	adviseProcs      = "GODEBUG=containermaxprocs=0"
)

// adviseFile tells what would spare the program a file.
func adviseFile(path string, language *language) string {
	base := filepath.Base(path)
	switch {
	case base == "ld.so.cache" || base == "ld.so.preload":
		return adviseStaticOf(language)
	case base == "localtime" || strings.Contains(path, "/zoneinfo/"):
		return adviseZone
	case strings.Contains(path, "/locale/") || strings.Contains(path, "/gconv/") || base == "locale.alias":
		return adviseLocale
	case strings.HasSuffix(path, ".pyc"):
		return adviseLazy
	case strings.HasSuffix(path, ".pth"):
		return adviseNoSite
	case isSQLite(path):
		return adviseSchema
	}
	return ""
}

// adviseGo tells what would spare a Go program a file that its runtime opens.
func adviseGo(path string) string {
	if strings.Contains(path, "cgroup") || path == "/proc/self/mountinfo" {
		return adviseProcs
	}
	return ""
}

// adviseStaticOf is for programs that are compiled: nobody links another's interpreter.
func adviseStaticOf(language *language) string {
	if language != nil {
		return ""
	}
	return adviseStatic
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
	magic := []byte("SQLite format 3\x00")
	begin := make([]byte, len(magic))
	_, err = io.ReadFull(f, begin)
	return err == nil && bytes.Equal(begin, magic)
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
		return adviseInit
	}
	return adviseImportLess
}
