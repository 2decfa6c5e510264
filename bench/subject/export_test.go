package subject

// Output is what asks a program, for the tests, whose patience is shorter than its own.
var Output = output
