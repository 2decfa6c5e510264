// Package explain breaks down the startup of one CGI program: what it does between exec and the first byte, what each
// part costs, and how to remove it.
//
// It starts the program repeatedly, as a CGI host does, and times it with clocks and the kernel's accounting only. A
// separate start under strace shows what the program does. No times are taken from that start, since a traced program
// takes many times as long. The cost of a part comes from the program itself (Go's inittrace, Python's importtime, the
// dynamic linker's statistics), or from repeating the traced system calls without strace. A part whose cost is not
// known is reported as not measured.
//
// It is not a load generator, and it examines a program in isolation. Packages bench/load and bench/run measure
// servers; bench/report prints the explanation.
package explain
