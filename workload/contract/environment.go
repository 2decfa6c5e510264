package contract

import "strings"

// Environment variables of a serving program, set by a harness.
const (
	// EnvPhases disables phases if it is "off": responses have no Server-Timing and no phase is counted. The difference
	// shows the overhead of the timing itself.
	EnvPhases = "FORKTAX_PHASES"
	// EnvDelay is the share by which responses are delayed; 0.1 means 10%. A check uses it as a positive control.
	EnvDelay = "FORKTAX_DELAY"
	// EnvExporter is the path of the forktax command that renders /metrics.
	EnvExporter = "FORKTAX_EXPORTER"
	// EnvPadding varies the size of the environment; its value is not used. Children of the same program inherit it.
	// Variables of this name followed by a number enlarge the environment for a variant, and all children inherit them.
	EnvPadding = "FORKTAX_PADDING"
	// EnvDatabase is set for the command prepare if the harness has a database server for the program. It is the URL,
	// with the password, of an empty database or schema for the data of one target.
	EnvDatabase = "FORKTAX_DATABASE"
	// EnvGroup is the directory of the control group that the harness made for the program, with nothing else in it.
	EnvGroup = "FORKTAX_GROUP"
)

// MaxDelay is the largest value of EnvDelay; larger slowdowns are obvious without a harness.
const MaxDelay = 10

// EnvChild identifies a child of a CGI host and its descendants, so that the host can terminate them. The value is the
// PID of the host, a dot, and a part that is unique to the child. Other servers set this variable as well: Apache's
// mod_unique_id sets it, so that logs can identify the request.
const EnvChild = "UNIQUE_ID"

// EnvWorker makes a process of a workload program a worker, which serves requests by FastCGI on its standard input: a
// connection, or a socket that accepts connections. Its value is what the worker is to report.
const EnvWorker = "FORKTAX_WORKER"

// Environment variables of forktax-cgi, the program that hosts any CGI executable; see [forktax/cgi.Host].
const (
	EnvScriptPath          = "SCRIPT_PATH"          // executable, or directory of executables
	EnvScriptArgs          = "SCRIPT_ARGS"          // arguments of the executable, separated by line feeds
	EnvScriptRoot          = "SCRIPT_ROOT"          // prefix of the URL paths that it serves
	EnvScriptDir           = "SCRIPT_DIR"           // working directory; default: that of the executable
	EnvScriptDocuments     = "SCRIPT_DOCUMENTS"     // document root for PATH_TRANSLATED
	EnvScriptEnv           = "SCRIPT_ENV"           // names of inherited variables, separated by commas
	EnvScriptAuthorization = "SCRIPT_AUTHORIZATION" // if not empty, the executable gets the header Authorization
)

// Environment variables of forktax-wasm, the program that serves WebAssembly modules.
const (
	EnvModule              = "WASM_MODULE"        // path of the module
	EnvModuleName          = "WASM_NAME"          // name of the program, for messages; default: the file name
	EnvModuleEnv           = "WASM_ENV"           // names of variables that the instances get, separated by commas
	EnvModuleAuthorization = "WASM_AUTHORIZATION" // if not empty, the module gets the header Authorization
)

// A workload program that is served as a WebAssembly module needs two more files in its directory: the module, and the
// program that serves modules.
const (
	ModuleSuffix  = ".wasm" // follows the name of the program in that of its module
	ModuleProgram = "forktax-wasm"
)

// Arguments returns the arguments in a variable that has some, separated by line feeds.
func Arguments(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Names returns the names in a variable that lists some, separated by commas.
func Names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// Environment variables of forktax-startup, the program with a configurable startup.
const (
	EnvStartupWork    = "STARTUP_WORK"    // CPU time of opening, such as 5ms
	EnvStartupConnect = "STARTUP_CONNECT" // wait for a connection after that, such as 5ms
)

// EnvAuthproxyURL is the URL of the server behind forktax-authproxy, the program that authenticates clients.
const EnvAuthproxyURL = "AUTHPROXY_URL"

// Environment variables of the authentication of a program; see [forktax/auth.Settings] for their meaning.
const (
	EnvAuthFile      = "AUTH_FILE"
	EnvAuthGroupFile = "AUTH_GROUP_FILE"
	EnvAuthLDAP      = "AUTH_LDAP"
	EnvAuthName      = "AUTH_LDAP_NAME"
	EnvAuthPassword  = "AUTH_LDAP_PASSWORD"
	EnvAuthGroups    = "AUTH_LDAP_GROUPS"
	EnvAuthCA        = "AUTH_LDAP_CA"
	EnvAuthStartTLS  = "AUTH_LDAP_STARTTLS" // enabled if not empty
	EnvAuthCache     = "AUTH_LDAP_CACHE"    // duration, such as 30s
	EnvAuthRealm     = "AUTH_REALM"
	EnvAuthGroup     = "AUTH_GROUP"
)
