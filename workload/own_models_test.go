package workload_test

import (
	"slices"

	"forktax/workload/contract"
)

// ownModels returns the names of the models that a program in Go has that was not compiled to WebAssembly.
func ownModels() []string {
	return slices.DeleteFunc(contract.ModelNames(), func(name string) bool { return !isOwn(name) })
}

func isOwn(name string) bool {
	i := slices.IndexFunc(contract.Models, func(m contract.Model) bool { return m.Name == name })
	return contract.Models[i].IsGeneral()
}
