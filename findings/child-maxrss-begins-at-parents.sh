#!/usr/bin/env bash
# Linux, with Python 3.11 and Go 1.26.8: the peak memory of a child that wait4 reports (ru_maxrss) is at least that of the
# process that started it, whatever the child is. A child shares or copies the memory of its parent until it executes its
# program, and the kernel keeps that peak across exec. It is no leftover of fork: posix_spawn, which copies nothing, has it
# as well. So a harness with much memory reports its own as that of each program; VmHWM in /proc/PID/status is right.
# Seen: /bin/true has 300 MB as a child of a process with 300 MB, by Python's posix_spawn and by Go's os/exec, and below
# 10 MB as a child of a small process; VmHWM of the same child is below 10 MB.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
/usr/bin/python3 --version
go version
cat >spawn.py <<'END'
import os, sys

def peak(program):
    pid = os.posix_spawn(program[0], program, {})
    return os.wait4(pid, 0)[2].ru_maxrss // 1024

small = peak(["/bin/true"])
kept = bytearray(300 << 20)
for i in range(0, len(kept), 4096):
    kept[i] = 1
large = peak(["/bin/true"])
r, w = os.pipe()
pid = os.posix_spawn("/bin/grep", ["/bin/grep", "VmHWM", "/proc/self/status"], {}, file_actions=[(os.POSIX_SPAWN_DUP2, w, 1)])
os.waitpid(pid, 0)
own = int(os.read(r, 1000).split()[1]) // 1024
print(f"Python: ru_maxrss of /bin/true {small} MB, with 300 MB in the parent {large} MB; VmHWM of a child {own} MB")
sys.exit(small > 100 or large < 250 or own > 100)
END
/usr/bin/python3 spawn.py
go mod init example.org/peak 2>/dev/null
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func peak() int64 {
	cmd := exec.Command("/bin/true")
	if err := cmd.Run(); err != nil {
		panic(err)
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
}

func main() {
	small := peak()
	kept := make([]byte, 300<<20)
	for i := range kept {
		kept[i] = 1
	}
	large := peak()
	fmt.Printf("Go: ru_maxrss of /bin/true %d MB, with 300 MB in the parent %d MB\n", small, large)
	if small > 100 || large < 250 || kept[len(kept)-1] != 1 {
		os.Exit(1)
	}
}
END
go run .
