//go:build !wasip1

package workload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"forktax/workload/contract"
)

// serveModule replaces this process by the program that serves the workload's module, with the same command line. Both
// files are in the directory of this program, unless the environment names another module.
func (w Workload) serveModule(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	module := os.Getenv(contract.EnvModule)
	if module == "" {
		module = self + contract.ModuleSuffix
	}
	host := filepath.Join(filepath.Dir(module), contract.ModuleProgram)
	if _, err := os.Stat(host); err != nil {
		host = filepath.Join(filepath.Dir(self), contract.ModuleProgram)
	}
	for _, path := range []string{module, host} {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("%s does not exist: the models with WebAssembly need the module of this program and %s next "+
				"to it; forktax run makes them in a checkout, and a release has them", path, contract.ModuleProgram)
		}
	}
	settings := append(os.Environ(), contract.EnvModule+"="+module, contract.EnvModuleName+"="+w.Name,
		contract.EnvModuleEnv+"="+strings.Join(w.Env, ","))
	if w.Authorization {
		settings = append(settings, contract.EnvModuleAuthorization+"=1")
	}
	err = syscall.Exec(host, append([]string{host, "serve"}, args...), settings)
	return fmt.Errorf("executing %s: %w", host, err)
}
