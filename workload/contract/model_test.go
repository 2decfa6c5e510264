package contract_test

import (
	"testing"

	"forktax/workload/contract"
)

func TestModels(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range contract.Models {
		if m.Name == "" || m.About == "" || seen[m.Name] {
			t.Errorf("%+v lacks a name, has a duplicate name, or lacks a description", m)
		}
		seen[m.Name] = true
		if got, ok := contract.ModelNamed(m.Name); !ok || got != m {
			t.Errorf("ModelNamed(%q) = %+v, %t, want %+v", m.Name, got, ok, m)
		}
	}
	if m, ok := contract.ModelNamed("fork"); ok {
		t.Errorf("ModelNamed(fork) = %+v, want none", m)
	}
	for got, want := range map[string]string{contract.Resident().Name: "persistent", contract.Fresh().Name: "cgi"} {
		if got != want {
			t.Errorf("Resident or Fresh is %q, want %q", got, want)
		}
	}
}
