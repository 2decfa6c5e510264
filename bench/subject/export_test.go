package subject

// RunProgram is runProgram, for tests with shorter limits.
var RunProgram = runProgram

// Padding returns the variables that l adds to the environment of its next launch.
func Padding(l *Launcher, more int) []string { return l.padding(more) }

var Shebang = shebang
