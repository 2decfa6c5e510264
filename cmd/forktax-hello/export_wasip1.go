package main

import "forktax/workload"

//go:wasmexport serve
func serve() { workload.ServeNext(hello) }
