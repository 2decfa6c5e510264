// Package foreign is for files and text that others made: a result from another machine, what a program wrote to its
// standard error. Files are opened only if they are regular, and read up to a limit; text is shown so that it cannot steer
// a terminal or pass for lines of another. Both sides import it, so it imports nothing of ours.
package foreign
