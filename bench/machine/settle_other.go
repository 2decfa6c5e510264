//go:build !linux

package machine

import "os"

// letGo is not known to be of use here.
func letGo(*os.File) {}
