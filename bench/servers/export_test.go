package servers

// PostgresDir is postgresDir.
var PostgresDir = postgresDir

// URL returns the URL of the server, with its password.
func (s *PostgresServer) URL() string { return s.url.String() }

// Postmaster returns the PID of a private server.
func (s *PostgresServer) Postmaster() int { return s.private.process.PID() }

// Dir returns the directory of a private server.
func (s *PostgresServer) Dir() string { return s.private.dir }

// Abandon ends the session, as the end of this process would.
func (s *PostgresServer) Abandon() { s.schemas.close() }

// NoVariables reports whether the server passes no variables on to the app.
func (w WebInfo) NoVariables() bool { return w.web.noVariables }

// Dir returns the directory of a web server.
func (w *WebServer) Dir() string { return w.dir.dir }
