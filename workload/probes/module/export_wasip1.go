package main

import (
	"forktax/workload"
	"forktax/workload/probes"
)

//go:wasmexport serve
func serve() { workload.ServeNext(probes.Workload) }
