//go:build slow

package workload_test

func init() { moduleModels = []string{"wasm", "wasm-reuse"} }
