package subject

// RunProgram is runProgram, for the tests, whose patience is shorter than its own.
var RunProgram = runProgram

var Shebang = shebang
