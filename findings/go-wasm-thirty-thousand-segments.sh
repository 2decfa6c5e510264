#!/usr/bin/env bash
# Go 1.26.8 and wazero 1.12.0: Go's linker writes the data of a WebAssembly module as tens of thousands of segments, one
# for each run of bytes between zeros. wazero evaluates the offset of each segment anew for each instance, so that
# creating one that calls no function allocates more objects than there are segments. Node.js and wasmtime copy them, but
# evaluate nothing. A pass that joins neighbouring segments, or a copy of the memory, avoids it.
# Seen: a hello of 2.4 MB has some 30,000 segments; an instance of it takes more than 30,000 allocations.
set -euo pipefail
export GOTOOLCHAIN=go1.26.8 GOFLAGS=-mod=mod
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
go version
mkdir guest host
cat >guest/main.go <<'END'
package main

import "fmt"

func main() { fmt.Println("hello") }
END
(cd guest && go mod init example.org/guest 2>/dev/null && GOOS=wasip1 GOARCH=wasm go build -o ../hello.wasm .)
ls -l hello.wasm
cat >host/main.go <<'END'
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// segments returns the number of data segments: the first number of section 11.
func segments(module []byte) uint64 {
	for rest := module[8:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		content := rest[1+n : 1+n+int(size)]
		if rest[0] == 11 {
			count, _ := binary.Uvarint(content)
			return count
		}
		rest = rest[1+n+int(size):]
	}
	return 0
}

func main() {
	module, err := os.ReadFile("../hello.wasm")
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	compiled, err := r.CompileModule(ctx, module)
	if err != nil {
		panic(err)
	}
	allocations := testing.AllocsPerRun(3, func() {
		var out bytes.Buffer
		config := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithStdout(&out)
		instance, err := r.InstantiateModule(ctx, compiled, config)
		if err != nil {
			panic(err)
		}
		instance.Close(ctx)
	})
	n := segments(module)
	fmt.Printf("%d data segments; %.0f allocations for an instance\n", n, allocations)
	if n < 10_000 || allocations < float64(n) {
		os.Exit(1)
	}
}
END
cd host
go mod init example.org/host 2>/dev/null
go get github.com/tetratelabs/wazero@v1.12.0 2>/dev/null
go run .
echo "as described"
