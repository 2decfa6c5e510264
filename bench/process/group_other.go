//go:build !linux

package process

import "os/exec"

// endWithParent does nothing: only Linux can send a signal at the parent's death.
func endWithParent(*exec.Cmd) (done func()) { return func() {} }
