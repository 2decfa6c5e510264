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
		want := m
		if m.IsFamily() {
			want.Name, want.Requests = m.Of(100), 100
			if want.Name == m.Name || contract.FamilyOf(want.Name) != m.Name {
				t.Errorf("%s.Of(100) = %q, of the family %q", m.Name, want.Name, contract.FamilyOf(want.Name))
			}
		} else if m.Of(100) != m.Name || contract.FamilyOf(m.Name) != m.Name {
			t.Errorf("%s.Of(100) = %q, of the family %q; want the same name", m.Name, m.Of(100), contract.FamilyOf(m.Name))
		}
		if got, ok := contract.ModelNamed(want.Name); !ok || got != want {
			t.Errorf("ModelNamed(%q) = %+v, %t, want %+v", want.Name, got, ok, want)
		}
	}
	for _, name := range []string{"fork", "", "recycle", "recycle:", "recycle:N", "recycle:0", "recycle:-1", "recycle:01",
		"recycle:+1", "recycle:1.5", "recycle:99999999999", "recycle:1:1", "cgi:1", "cgi:N"} {
		if m, ok := contract.ModelNamed(name); ok {
			t.Errorf("ModelNamed(%q) = %+v, want none", name, m)
		}
	}
	isolations := map[string]contract.Isolation{"cgi": contract.OwnProcess, "pool": contract.OwnProcess,
		"zygote": contract.OwnProcess, "recycle:1": contract.OwnProcess, "wasm": contract.OwnInstance,
		"recycle:2": contract.EarlierRequests, "fastcgi": contract.EarlierRequests, "wasm-reuse": contract.EarlierRequests,
		"persistent": contract.AllRequests, "reload": contract.AllRequests, "http-unix": contract.AllRequests}
	for name, want := range isolations {
		if m, ok := contract.ModelNamed(name); !ok || m.Isolation() != want {
			t.Errorf("%s has the isolation %d, want %d", name, m.Isolation(), want)
		}
	}
	for got, want := range map[string]string{contract.Resident().Name: "persistent", contract.Fresh().Name: "cgi"} {
		if got != want {
			t.Errorf("Resident or Fresh is %q, want %q", got, want)
		}
	}
}
