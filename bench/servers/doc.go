// Package servers starts third-party servers that a run needs: PostgreSQL, slapd, and web servers that execute CGI
// programs, one per file.
//
// It ends the servers that it starts and removes their files. If this process is killed, a watchdog does so.
package servers
