// Package measure prepares a run from its options: it finds the programs, the floor and the variants, or the contenders
// of a suite, makes the plan, and starts the servers that the programs need.
//
// Package run executes the prepared run. Package check prepares checks.
package measure
