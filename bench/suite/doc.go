// Package suite has real web servers and languages compete: each does the same as a program of this project, byte for
// byte, in its own way. A suite is a table of such contenders; what of it cannot be had here is left out, and named.
package suite
