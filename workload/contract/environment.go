package contract

// Environment variables of a serving program, set by a harness.
const (
	// EnvPhases can be "off": then responses carry no Server-Timing and no phase is counted, which shows what the
	// timing itself costs.
	EnvPhases = "FORKTAX_PHASES"
	// EnvDelay makes responses slower by a known share: 0.1 is a tenth. With it a gate can prove that it finds a
	// slowdown of known size.
	EnvDelay = "FORKTAX_DELAY"
	// EnvExporter names the forktax command that renders /metrics.
	EnvExporter = "FORKTAX_EXPORTER"
	// EnvPadding has a value that is not used. It varies the size of the environment, also that of the CGI children of a
	// workload program. Variables of this name with a number after it make it larger by what a variant says, and reach all
	// children.
	EnvPadding = "FORKTAX_PADDING"
	// EnvDatabase is set for prepare if the harness has a server of the program's kind: the URL of an empty place
	// there for the data of one target, with the password.
	EnvDatabase = "FORKTAX_DATABASE"
)

// EnvChild is in the environment of each child of a host, and of all that it starts: the host's number, a dot, and
// what no other child has. So they can be found when they are to end. CGI programs have that variable from other
// servers, too: Apache's mod_unique_id sets it, so that their logs can name the request.
const EnvChild = "UNIQUE_ID"

// Environment variables of the program that hosts any CGI executable.
const (
	EnvScriptPath          = "SCRIPT_PATH"          // the file to execute, or a directory of such files
	EnvScriptRoot          = "SCRIPT_ROOT"          // the beginning of the URL paths that it serves
	EnvScriptDir           = "SCRIPT_DIR"           // the working directory of the file; by default its own
	EnvScriptDocuments     = "SCRIPT_DOCUMENTS"     // the directory that PATH_TRANSLATED is in
	EnvScriptEnv           = "SCRIPT_ENV"           // names of variables that the file gets, separated by commas
	EnvScriptAuthorization = "SCRIPT_AUTHORIZATION" // if not empty, the file gets the header Authorization
)

// Environment variables of the program whose startup takes as long as they say.
const (
	EnvStartupWork    = "STARTUP_WORK"    // how long it is busy before it is open, such as 5ms
	EnvStartupConnect = "STARTUP_CONNECT" // how long it then waits for a connection
)

// EnvAuthproxyURL names the server behind the program that authenticates its clients.
const EnvAuthproxyURL = "AUTHPROXY_URL"

// Environment variables that say who may use a program; see package auth.
const (
	EnvAuthFile      = "AUTH_FILE"
	EnvAuthGroupFile = "AUTH_GROUP_FILE"
	EnvAuthLDAP      = "AUTH_LDAP"
	EnvAuthName      = "AUTH_LDAP_NAME"
	EnvAuthPassword  = "AUTH_LDAP_PASSWORD"
	EnvAuthGroups    = "AUTH_LDAP_GROUPS"
	EnvAuthCA        = "AUTH_LDAP_CA"
	EnvAuthStartTLS  = "AUTH_LDAP_STARTTLS" // if not empty: yes
	EnvAuthCache     = "AUTH_LDAP_CACHE"    // a duration, such as 30s
	EnvAuthRealm     = "AUTH_REALM"
	EnvAuthGroup     = "AUTH_GROUP"
)
