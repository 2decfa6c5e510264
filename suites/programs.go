// Package suites contains the programs in languages other than Go that suites compare.
package suites

import "embed"

// Programs is the directory programs, with hello and the guestbook in other languages.
//
//go:embed programs
var Programs embed.FS
