//go:build !linux

package machine

import (
	"fmt"
	"runtime"
)

// Pin is not possible here.
func Pin() (startFunc func(start func() error) error, err error) {
	return nil, fmt.Errorf("pinning to cores is not possible on %s", runtime.GOOS)
}
