// Package ldapmem is an LDAP server that keeps its entries in memory: the one that a run has where no slapd is wanted.
// It does what a program needs that asks who a user is: simple binds, searches, StartTLS, and adding entries for its
// administrator. It keeps no secret but passwords, and allows anonymous searches.
package ldapmem
