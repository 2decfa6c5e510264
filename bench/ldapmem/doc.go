// Package ldapmem is an LDAP server with its entries in memory. A run uses it unless slapd is selected. It supports the
// operations that authentication needs: simple binds, searches, StartTLS, and adding entries as its administrator.
// Anonymous searches are allowed; only passwords are hidden.
package ldapmem
