package subject

// The workload program that hosts CGI executables, and the only model of an executable that is hosted.
const (
	ScriptWorkload = "script"
	ScriptModel    = "cgi"
)
