// Package forktax holds what the command forktax brings along besides programs in Go.
package forktax

import "embed"

// Languages is the folder languages: hello and guestbook in other languages.
//
//go:embed languages
var Languages embed.FS
