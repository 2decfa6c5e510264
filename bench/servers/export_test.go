package servers

// What the tests reach of the inside, from outside of the package.

// ServerPrograms finds the server programs.
var ServerPrograms = serverPrograms

// URL is that of the server, with its password.
func (s *Server) URL() string { return s.url.String() }

// Postmaster is the number of a private server's process.
func (s *Server) Postmaster() int { return s.cluster.process.PID() }

// Dir is the folder of a private server.
func (s *Server) Dir() string { return s.cluster.dir }

// Abandon ends the session as the death of this process would.
func (s *Server) Abandon() { s.schemas.close() }

// Dir is the folder of a web server.
func (w *Web) Dir() string { return w.home.dir }
