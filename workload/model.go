package workload

import (
	"fmt"
	"slices"
	"strings"

	"forktax/cgi"
	"forktax/persistent"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A row names the package that implements one of contract.Models.
type row struct {
	model string
	model.Package
}

var rows = []row{
	{"cgi", cgi.Model},
	{"cgi-direct", cgi.Direct},
	{"reload", persistent.Model},
	{"reconnect", persistent.Model},
	{"persistent", persistent.Model},
}

// find returns the row for which is returns true, and its model.
func find(is func(row) bool) (r row, m contract.Model, ok bool) {
	i := slices.IndexFunc(rows, is)
	if i < 0 {
		return row{}, contract.Model{}, false
	}
	m, ok = contract.ModelNamed(rows[i].model)
	return rows[i], m, ok
}

// models returns the names of the models that the workload has: all, unless it has an Executable.
func (w Workload) models() []string {
	var names []string
	for _, m := range contract.Models {
		if w.Executable == nil || m.Process == contract.PerRequest {
			names = append(names, m.Name)
		}
	}
	return names
}

func (w Workload) modelNamed(name string) (row, contract.Model, error) {
	r, m, ok := find(func(r row) bool { return r.model == name })
	if !ok || !slices.Contains(w.models(), name) {
		return row{}, contract.Model{}, fmt.Errorf("%w: unknown -model %q; want one of: %s", errUsage, name,
			strings.Join(w.models(), ", "))
	}
	return r, m, nil
}

// program returns the workload for the package of a model.
func (w Workload) program(m contract.Model) model.Program {
	return model.Program{Name: w.Name, Model: m, Open: w.Open, Connections: connections.Load, Executable: w.Executable,
		Env: w.Env, Authorization: w.Authorization}
}
