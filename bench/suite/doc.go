// Package suite compares real web servers and languages. A suite is a table of contenders, each of which sends exactly
// the responses of a program of this project. Contenders that need a missing program are left out and listed.
package suite
