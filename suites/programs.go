// Package suites holds what suites compare: programs in languages other than Go.
package suites

import "embed"

// Programs is the directory programs: hello and the guestbook in other languages.
//
//go:embed programs
var Programs embed.FS
