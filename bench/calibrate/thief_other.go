//go:build !linux

package calibrate

import (
	"errors"
	"runtime"
	"time"
)

var errNoThief = errors.New("forktax supports it on Linux only, not on " + runtime.GOOS)

func ownCores() ([]int, error) { return nil, errNoThief }

func takeCore(int) error { return errNoThief }

func threadCPU() time.Duration { return 0 }

func cpuOf(int) (time.Duration, error) { return 0, errNoThief }
