package contract

import "runtime"

// Inherited returns the names of the variables that children inherit besides PATH and those that the user names, so
// that a program runs the same under all models: those that control Go's runtime, the time zone, and the search path of
// shared libraries.
func Inherited() []string {
	return []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ", LibraryPath()}
}

// LibraryPath returns the name of the variable with the search path of shared libraries.
func LibraryPath() string {
	if runtime.GOOS == "darwin" {
		return "DYLD_LIBRARY_PATH"
	}
	return "LD_LIBRARY_PATH"
}
