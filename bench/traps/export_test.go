package traps

// SetShimOf replaces what finds shims, and returns what restores it.
func SetShimOf(f func(path string) (tool, shim, real string, ok bool)) (restore func()) {
	before := shimOf
	shimOf = f
	return func() { shimOf = before }
}

// Development returns why a process with this executable, arguments and environment serves for development.
func Development(executable string, args, environ []string) string {
	return serverProcess{executable: executable, args: args, environ: environ}.development()
}
