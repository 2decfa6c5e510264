package subject

// ScriptWorkload is the workload program that hosts CGI executables. These variables tell it which, and how.
const (
	ScriptWorkload        = "script"
	ScriptModel           = "cgi" // the only model of an executable that is hosted
	ScriptVariable        = "SCRIPT_PATH"
	RootVariable          = "SCRIPT_ROOT"
	DirVariable           = "SCRIPT_DIR"
	DocumentsVariable     = "SCRIPT_DOCUMENTS"
	EnvVariable           = "SCRIPT_ENV"
	AuthorizationVariable = "SCRIPT_AUTHORIZATION"
)
