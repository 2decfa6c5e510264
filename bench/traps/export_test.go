package traps

// Development returns the evidence that a process with this executable, arguments and environment is in a development
// mode.
func Development(executable string, args, environ []string) string {
	return serverProcess{executable: executable, args: args, environ: environ}.development()
}
