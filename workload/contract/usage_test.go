package contract_test

import (
	"reflect"
	"strings"
	"testing"

	"forktax/workload/contract"
)

// filled returns a Usage whose ith field, counted from 1, is i·factor.
func filled(factor int64) contract.Usage {
	var u contract.Usage
	v := reflect.ValueOf(&u).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.CanInt() {
			f.SetInt(int64(i+1) * factor)
		}
	}
	return u
}

// All fields are checked by reflection, so that a new field cannot be left out of the sums.
func TestUsageSums(t *testing.T) {
	one, hundred := filled(1), filled(100)
	check := func(what string, got contract.Usage, sum func(i int64) int64, peak func(i int64) int64) {
		t.Helper()
		v := reflect.ValueOf(got)
		for i := range v.NumField() {
			name, want := v.Type().Field(i).Name, sum(int64(i+1))
			if !v.Field(i).CanInt() {
				continue
			}
			if strings.Contains(name, "Peak") {
				want = peak(int64(i + 1))
			}
			if strings.Contains(name, "Resolution") { // the coarser of the two
				want = int64(i+1) * 100
			}
			if got := v.Field(i).Int(); got != want {
				t.Errorf("%s: %s = %d, want %d", what, name, got, want)
			}
		}
	}
	times := func(factor int64) func(i int64) int64 { return func(i int64) int64 { return factor * i } }
	check("hundred.Sub(one)", hundred.Sub(one), times(99), times(100))
	check("one.Sub(hundred)", one.Sub(hundred), times(-99), times(1))
	check("one.Add(hundred)", one.Add(hundred), times(101), times(100))
	check("hundred.Add(one)", hundred.Add(one), times(101), times(100))
	external := contract.Usage{External: true}
	if !external.Sub(one).External || !one.Add(external).External || one.Add(one).External {
		t.Error("External of a sum or difference must be set if it is set in one of its parts, and only then")
	}
	if one != filled(1) || hundred != filled(100) {
		t.Error("Sub or Add has changed its operands")
	}
	if got := (contract.Usage{SelfCPUNS: 3, ChildrenCPUNS: 4}).CPUNS(); got != 7 {
		t.Errorf("CPUNS() = %d, want 7", got)
	}
}
