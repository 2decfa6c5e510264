package contract_test

import (
	"reflect"
	"strings"
	"testing"

	"forktax/workload/contract"
)

// filled returns a Usage whose fields are i·factor, the first being 1·factor.
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

// Every field is looked at, so that one that is added later cannot be forgotten in the sums.
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
			if strings.Contains(name, "Resolution") { // of the coarser of the two
				want = int64(i+1) * 100
			}
			if got := v.Field(i).Int(); got != want {
				t.Errorf("%s: %s = %d, want %d", what, name, got, want)
			}
		}
	}
	check("hundred.Sub(one)", hundred.Sub(one), func(i int64) int64 { return 99 * i }, func(i int64) int64 { return 100 * i })
	check("one.Sub(hundred)", one.Sub(hundred), func(i int64) int64 { return -99 * i }, func(i int64) int64 { return i })
	check("one.Add(hundred)", one.Add(hundred), func(i int64) int64 { return 101 * i }, func(i int64) int64 { return 100 * i })
	check("hundred.Add(one)", hundred.Add(one), func(i int64) int64 { return 101 * i }, func(i int64) int64 { return 100 * i })
	outside := contract.Usage{External: true}
	if !outside.Sub(one).External || !one.Add(outside).External || one.Add(one).External {
		t.Error("a sum or difference forgot that a part was seen from outside, or made that up")
	}
	if one != filled(1) || hundred != filled(100) {
		t.Error("Sub and Add changed what they were given")
	}
	if got := (contract.Usage{SelfCPUNS: 3, ChildrenCPUNS: 4}).CPUNS(); got != 7 {
		t.Errorf("CPUNS() = %d, want 7", got)
	}
}
