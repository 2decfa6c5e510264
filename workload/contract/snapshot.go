package contract

import "runtime"

// A Snapshot holds the current counts of a serving program, from which the exporter renders the page /metrics.
type Snapshot struct {
	Workload        string               `json:"workload"` // name of the program
	Model           string               `json:"model"`    // name of the execution model
	PID             int                  `json:"pid"`
	Usage           Usage                `json:"usage"`
	Requests        map[int]int64        `json:"requests"`  // number of responses by status
	Durations       Durations            `json:"durations"` // durations of all requests
	Phases          map[string]Durations `json:"phases"`    // durations by phase, without phases that did not occur
	ChildrenRunning int64                `json:"children_running"`
	ChildrenFailed  int64                `json:"children_failed"`
	QueueLength     int64                `json:"queue_length"`  // requests that wait for a slot
	QueueRefused    int64                `json:"queue_refused"` // requests refused because the queue was full
	GoVersion       string               `json:"go_version"`
	Goroutines      int                  `json:"goroutines"`
	Threads         int                  `json:"threads"`
	Memory          runtime.MemStats     `json:"memory"`
}

// Durations is a histogram of durations with exponential buckets, like a Prometheus native histogram of schema 3.
// Bucket i counts the durations above 2^((i-1)/8) s and up to 2^(i/8) s. SumNS is their sum in nanoseconds.
type Durations struct {
	Buckets map[int]int64 `json:"buckets"`
	SumNS   int64         `json:"sum_ns"`
}

// DurationsSchema is the Prometheus schema of [Durations]: 2^schema buckets for each factor of 2, each 9% wide.
const DurationsSchema = 3
