//go:build !wasip1

package workload

import (
	"fmt"
	"slices"
	"strings"

	"forktax/cgi"
	"forktax/persistent"
	"forktax/workers"
	"forktax/workload/contract"
	"forktax/workload/model"
	"forktax/zygote"
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
	{"pool", workers.Model},
	{"zygote", zygote.Model},
	{"recycle:N", workers.Model},
	{"recycle-lazy:N", workers.Model},
	{"recycle-together:N", workers.Model},
	{"fastcgi", workers.Model},
	{"http-unix", workers.Proxied},
	{"wasm", elsewhere},
	{"wasm-reuse", elsewhere},
}

// elsewhere has models that a program of its own serves, which has another package in Workload.Wasm.
var elsewhere model.Package

// childRow returns the row whose package has started this process as a child.
func childRow() (r row, ok bool) {
	i := slices.IndexFunc(rows, func(r row) bool { return r.IsChild != nil && r.IsChild() })
	if i < 0 {
		return row{}, false
	}
	return rows[i], true
}

// models returns the names of the models that the workload has, and of families.
func (w Workload) models() []string {
	var names []string
	for _, m := range contract.Models {
		if w.has(m) {
			names = append(names, m.Name)
		}
	}
	return names
}

// has reports whether the workload has a model: one with an Executable can only be executed for each request, and only
// one that can be compiled to WebAssembly can be served as a module.
func (w Workload) has(m contract.Model) bool {
	switch {
	case w.Wasm != nil:
		return m.Host == contract.HostWasm
	case m.Host == contract.HostWasm:
		return w.Module
	case m.Host == contract.HostZygote:
		return w.Python
	}
	return w.Executable == nil || m.Process == contract.PerRequest
}

func (w Workload) modelNamed(name string) (row, contract.Model, error) {
	family := contract.FamilyOf(name)
	i := slices.IndexFunc(rows, func(r row) bool { return r.model == family })
	m, ok := contract.ModelNamed(name)
	if !ok || i < 0 || !slices.Contains(w.models(), family) {
		return row{}, contract.Model{}, fmt.Errorf("%w: unknown -model %q; want one of: %s", errUsage, name,
			strings.Join(w.models(), ", "))
	}
	r := rows[i]
	if w.Wasm != nil {
		r.Package = *w.Wasm
	}
	return r, m, nil
}

// program returns the workload for the package of a model.
func (w Workload) program(m contract.Model) model.Program {
	return model.Program{Name: w.Name, Model: m, Open: w.Open, Connections: connections.Load, Executable: w.Executable,
		Env: w.Env, Authorization: w.Authorization}
}
