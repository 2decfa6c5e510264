package workload_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/workload"
	"forktax/workload/contract"
)

// Both tables of models have the same names.
func TestEachModelHasAPackage(t *testing.T) {
	if diff := cmp.Diff(contract.ModelNames(), workload.ModelPackages()); diff != "" {
		t.Errorf("models in workload/model.go (-contract.Models +rows):\n%s", diff)
	}
}
