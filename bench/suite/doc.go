// Package suite compares real web servers and languages. Each sends exactly the responses of a program of this project.
// A suite is a table of such contenders. Contenders that need a missing program are left out and listed.
package suite
