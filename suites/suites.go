// Package suites contains the suites of this project: scenarios with contenders, and the programs that they compare.
package suites

import "embed"

// Files holds the suites, and their programs in the directory programs.
//
//go:embed *.yaml programs
var Files embed.FS
