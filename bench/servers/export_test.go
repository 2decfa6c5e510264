package servers

// What the tests reach of the inside, from outside of the package.

// PostgresDir finds the server programs.
var PostgresDir = postgresDir

// URL is that of the server, with its password.
func (s *PostgresServer) URL() string { return s.url.String() }

// Postmaster is the number of a private server's process.
func (s *PostgresServer) Postmaster() int { return s.private.process.PID() }

// Dir is the folder of a private server.
func (s *PostgresServer) Dir() string { return s.private.dir }

// Abandon ends the session as the death of this process would.
func (s *PostgresServer) Abandon() { s.schemas.close() }

// Dir is the folder of a web server.
func (w *WebServer) Dir() string { return w.dir.dir }
