package traps

// Development returns why a process with this executable, arguments and environment serves for development.
func Development(executable string, args, environ []string) string {
	return serverProcess{executable: executable, args: args, environ: environ}.development()
}
