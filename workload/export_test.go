package workload

import (
	"forktax/workload/contract"
	"forktax/workload/model"
)

// AddModel adds a row to both tables of models, in this process.
func AddModel(m contract.Model, p model.Package) {
	contract.Models = append(contract.Models, m)
	rows = append(rows, row{m.Name, p})
}

// ModelPackages returns the names of the models that have a package.
func ModelPackages() (names []string) {
	for _, r := range rows {
		names = append(names, r.model)
	}
	return names
}
