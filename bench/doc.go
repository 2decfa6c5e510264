// Package bench is the domain of forktax: what is compared, under which load, and what was seen.
//
// It holds the words that all other packages share (Cell, Load, Block, Observation, Usage, Result), the interfaces
// at which they meet (Launcher, Engine, Recorder), and the Runner that visits every cell in turn. It is not a load
// generator (bench/load), knows no statistics (bench/stats), prints nothing (bench/report), and has never heard of
// CGI: a model is a name that a program understands.
//
// It imports only the standard library, because every package imports it, the workload programs included: whatever
// is linked in here is started anew by each CGI child, and would be measured.
package bench
