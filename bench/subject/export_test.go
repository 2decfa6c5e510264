package subject

// RunProgram is runProgram, for the tests, whose patience is shorter than its own.
var RunProgram = runProgram

// Padding is what l adds to the environment of its next launch.
func Padding(l *Launcher, more int) []string { return l.padding(more) }

var Shebang = shebang
