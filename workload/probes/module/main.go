// Module is the workload of package probes, to be compiled to WebAssembly.
package main

import (
	"forktax/workload"
	"forktax/workload/probes"
)

func main() { workload.Main(probes.Workload) }
