//go:build !slow

package main

import "time"

// soakTime is the duration of TestSoak.
const soakTime = 3 * time.Second
