package contract

import "runtime"

// A Snapshot is what a serving program counted until now: the raw form of its /metrics page.
type Snapshot struct {
	Workload        string               `json:"workload"`
	Model           string               `json:"model"`
	PID             int                  `json:"pid"`
	Usage           Usage                `json:"usage"`
	Requests        map[int]int64        `json:"requests"` // answered, by status
	Durations       Durations            `json:"durations"`
	Phases          map[string]Durations `json:"phases"` // by name; those that there were
	ChildrenRunning int64                `json:"children_running"`
	ChildrenFailed  int64                `json:"children_failed"`
	QueueLength     int64                `json:"queue_length"`  // requests that wait for a child's slot
	QueueRefused    int64                `json:"queue_refused"` // requests that found the queue full
	GoVersion       string               `json:"go_version"`
	Goroutines      int                  `json:"goroutines"`
	Threads         int                  `json:"threads"`
	Memory          runtime.MemStats     `json:"memory"`
}

// Durations is a histogram of how long requests took to serve, in exponential buckets: bucket i counts those of more
// than 2^((i-1)/8) and at most 2^(i/8) seconds, as in a Prometheus native histogram of schema 3.
type Durations struct {
	Buckets map[int]int64 `json:"buckets"`
	SumNS   int64         `json:"sum_ns"`
}

// DurationsSchema is the Prometheus schema of Durations: 2^schema buckets for each doubling, 9 % wide.
const DurationsSchema = 3
