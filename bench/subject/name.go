package subject

import (
	"debug/buildinfo"
	"path/filepath"
	"reflect"
	"strings"
)

// module is the import path of this module. CONTRIBUTING.md describes how to change it.
var module = strings.TrimSuffix(reflect.TypeFor[Finder]().PkgPath(), "/bench/subject")

// The import paths of this module's commands, and of the package that each workload program imports.
var (
	commands   = module + "/cmd/"
	sdkPackage = module + "/workload"
)

// programPrefix begins the file name of each workload program, so that none shadows a command of the system.
const programPrefix = "forktax-"

// programs maps a workload to the name of its program after the prefix, if the two names differ.
var programs = map[string]string{ScriptWorkload: "cgi", ModuleWorkload: "wasm"}

// fileOf returns the file name of a workload's program.
func fileOf(workload string) string {
	if other, ok := programs[workload]; ok {
		workload = other
	}
	return programPrefix + workload
}

// workloadOf returns the workload whose program has that file name. Ok reports whether it is the name of a program.
func workloadOf(file string) (workload string, ok bool) {
	name, ok := strings.CutPrefix(file, programPrefix)
	for workload, program := range programs {
		if name == program {
			return workload, ok
		}
	}
	return name, ok && name != ""
}

// isWorkload reports whether the file was built from this module's command of the same name. It does not execute the
// file.
func isWorkload(path string) bool {
	info, err := buildinfo.ReadFile(path)
	return err == nil && strings.HasPrefix(filepath.Base(path), programPrefix) && info.Path == commands+filepath.Base(path)
}
