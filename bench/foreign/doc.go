// Package foreign is for files and text that others made: a result from another machine, what a program wrote to its
// standard error. Files are opened only if they are regular, and read up to a limit. Text is shown so that it cannot
// control a terminal, and JSON of another shape than it must have is described in its own terms.
// Both sides import it, so it imports nothing of ours.
package foreign
