package subject

import (
	"debug/buildinfo"
	"path/filepath"
	"reflect"
	"strings"
)

// module is the import path of this module, which CONTRIBUTING.md says how to change.
var module = strings.TrimSuffix(reflect.TypeFor[Finder]().PkgPath(), "/bench/subject")

// The import paths of this module's commands, and of the package that makes one a workload program.
var (
	commands   = module + "/cmd/"
	sdkPackage = module + "/workload"
)

// programPrefix begins the file name of each workload program, so that none shadows a command of the system.
const programPrefix = "forktax-"

// programs maps a workload to what follows the prefix in the name of its program, where that is not the workload's
// name.
var programs = map[string]string{"script": "cgi"}

// fileOf returns the file name of a workload's program.
func fileOf(workload string) string {
	if other, ok := programs[workload]; ok {
		workload = other
	}
	return programPrefix + workload
}

// workloadOf returns the workload whose program has that file name; ok reports whether it is such a name.
func workloadOf(file string) (workload string, ok bool) {
	name, ok := strings.CutPrefix(file, programPrefix)
	for workload, program := range programs {
		if name == program {
			return workload, ok
		}
	}
	return name, ok && name != ""
}

// isWorkload reports, without executing the file, whether it was built from this module's command of its name.
func isWorkload(path string) bool {
	info, err := buildinfo.ReadFile(path)
	return err == nil && strings.HasPrefix(filepath.Base(path), programPrefix) && info.Path == commands+filepath.Base(path)
}
