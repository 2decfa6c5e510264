// Forktax-wasm serves a program that was compiled to a WebAssembly module. Other workload programs execute it for the
// models wasm and wasm-reuse, because a runtime for WebAssembly must not be a part of each process that they start.
package main

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"forktax/wasm"
	"forktax/workload"
	"forktax/workload/contract"
)

var errNoModule = errors.New(contract.EnvModule + " is not set: set it to the path of a WebAssembly module, or run a " +
	"workload program with -model wasm")

func main() {
	path := os.Getenv(contract.EnvModule)
	file := filepath.Base(cmp.Or(path, "module"))
	workload.Main(workload.Workload{
		Name:     cmp.Or(os.Getenv(contract.EnvModuleName), strings.TrimSuffix(file, ".wasm")),
		About:    "a WebAssembly module for WASI preview 1, named by " + contract.EnvModule,
		Requests: []workload.Request{{Name: "get", Method: http.MethodGet, Path: "/"}},
		Wasm:     &wasm.Model,
		Executable: func() (workload.Executable, error) {
			if path == "" {
				return workload.Executable{}, errNoModule
			}
			absolute, err := filepath.Abs(path)
			return workload.Executable{Path: absolute, Env: contract.Names(os.Getenv(contract.EnvModuleEnv)),
				Authorization: os.Getenv(contract.EnvModuleAuthorization) != ""}, err
		},
	})
}
