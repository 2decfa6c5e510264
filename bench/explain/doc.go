// Package explain says what the start of one CGI program is made of: what happens between exec and the first byte, what
// each part costs, and what would remove it.
//
// It starts the program as a CGI host would, over and over, and times it with clocks and the kernel's accounts alone.
// What happens is seen by strace in a start of its own, since a traced program takes many times as long: no time is
// ever taken from there. What a part costs comes from whoever knows it: the program itself (Go's inittrace, Python's
// importtime, the dynamic linker's statistics), or doing again, untraced, what the trace showed. A part whose cost
// nobody knows is said to be not measured.
//
// It is not a load generator, and it explains a program in isolation: bench/load and the Runner measure a server.
// bench/report prints what is found here.
package explain
