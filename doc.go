// Package forktax is the root of the module: its tests hold what is true of the module as a whole. The command is
// cmd/forktax; the packages to build on are workload, cgi, persistent and auth.
package forktax
