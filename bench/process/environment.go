package process

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// Environment returns the environment of this process as NAME=VALUE, without the named variables.
func Environment(without ...string) []string {
	return slices.DeleteFunc(os.Environ(), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(without, name)
	})
}

// Settings returns variables as NAME=VALUE, sorted by name.
func Settings(variables map[string]string) []string {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		settings = append(settings, name+"="+variables[name])
	}
	return settings
}
