// Package servers starts real programs that a run needs and this project does not contain: PostgreSQL, slapd, and the
// web servers that execute CGI programs, one a file.
// What it starts, it ends, and leaves nothing behind: also if this process is killed, for then a watchdog does it.
package servers
