// Package stack starts real programs that a run needs and this project does not contain: a PostgreSQL server so far.
// What it starts, it ends, and leaves nothing behind: also if this process is killed, for then a guard does it.
package stack
