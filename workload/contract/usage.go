package contract

// Usage is the resource use of a target since its start, as its admin listener reports it at /usage. The difference of
// two, taken at the ends of a block, is the resource use of the block; see [Usage.Sub]. CPU times are user and system
// time in nanoseconds. Self is the serving process.
type Usage struct {
	SelfCPUNS            int64 `json:"self_cpu_ns"`                 // CPU time of the serving process
	ChildrenCPUNS        int64 `json:"children_cpu_ns"`             // CPU time of exited children and of running workers
	MinorFaults          int64 `json:"minor_faults"`                // page faults without I/O, self and children
	MajorFaults          int64 `json:"major_faults"`                // page faults with I/O, self and children
	VoluntarySwitches    int64 `json:"voluntary_switches"`          // voluntary context switches, self and children
	InvoluntarySwitches  int64 `json:"involuntary_switches"`        // involuntary context switches, self and children
	PeakMemoryBytes      int64 `json:"peak_memory_bytes"`           // peak resident set size of the serving process
	ChildPeakMemoryBytes int64 `json:"child_peak_memory_bytes"`     // highest peak of a child, or sum of those of workers
	ProcessesStarted     int64 `json:"processes_started"`           // children started for requests
	ConnectionsOpened    int64 `json:"connections_opened"`          // to databases and directories, self and children
	CPUResolutionNS      int64 `json:"cpu_resolution_ns,omitempty"` // error bound of CPU times of a block; 0: microseconds
	External             bool  `json:"outside,omitempty"`           // measured externally: only CPU time is known
	Observed             bool  `json:"observed,omitempty"`          // measured from /proc: connections are unknown
	EndedFaults          int64 `json:"ended_faults,omitempty"`      // observed page faults of processes that have exited
}

// Sub returns the usage between before and u. Peaks are those of u.
func (u Usage) Sub(before Usage) Usage { return u.plus(before, -1) }

// Add returns the sum of u and more. Peaks are the higher ones of both.
func (u Usage) Add(more Usage) Usage {
	sum := u.plus(more, 1)
	sum.PeakMemoryBytes = max(u.PeakMemoryBytes, more.PeakMemoryBytes)
	sum.ChildPeakMemoryBytes = max(u.ChildPeakMemoryBytes, more.ChildPeakMemoryBytes)
	return sum
}

func (u Usage) plus(v Usage, sign int64) Usage {
	u.SelfCPUNS += sign * v.SelfCPUNS
	u.ChildrenCPUNS += sign * v.ChildrenCPUNS
	u.MinorFaults += sign * v.MinorFaults
	u.MajorFaults += sign * v.MajorFaults
	u.VoluntarySwitches += sign * v.VoluntarySwitches
	u.InvoluntarySwitches += sign * v.InvoluntarySwitches
	u.ProcessesStarted += sign * v.ProcessesStarted
	u.ConnectionsOpened += sign * v.ConnectionsOpened
	u.CPUResolutionNS = max(u.CPUResolutionNS, v.CPUResolutionNS)
	u.External = u.External || v.External
	u.Observed = u.Observed || v.Observed
	u.EndedFaults += sign * v.EndedFaults
	return u
}

// CPUNS returns the CPU time in nanoseconds of the target: the serving process and its children.
func (u Usage) CPUNS() int64 { return u.SelfCPUNS + u.ChildrenCPUNS }

// A Family holds the children of a target, as its admin listener reports them at /children. All times are readings of
// [Now].
type Family struct {
	NowNS    int64   `json:"now_ns"` // when the list was made
	Children []Child `json:"children"`
}

// A Child is a process that a target has started for requests.
type Child struct {
	PID     int   `json:"pid"` // 0 if it is unknown
	BeganNS int64 `json:"began_ns"`
	EndedNS int64 `json:"ended_ns"` // 0 if it is running
}
