package workload

// ModelPackages lists the models that have a package.
func ModelPackages() (names []string) {
	for _, r := range rows {
		names = append(names, r.model)
	}
	return names
}
