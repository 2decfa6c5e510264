package subject

// RunProgram is what asks a program, for the tests, whose patience is shorter than its own.
var RunProgram = runProgram
