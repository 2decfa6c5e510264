package contract

// Usage is what a target has consumed since it started, as its admin listener reports it at /usage. Two of them, taken
// at the ends of a block, give the cost of the block: see Sub.
type Usage struct {
	SelfCPUNS            int64 `json:"self_cpu_ns"`                 // user and system time of the serving process
	ChildrenCPUNS        int64 `json:"children_cpu_ns"`             // of children that were waited for, and of workers that live
	MinorFaults          int64 `json:"minor_faults"`                // page faults without a disk, self and children
	MajorFaults          int64 `json:"major_faults"`                // page faults that read a disk, self and children
	VoluntarySwitches    int64 `json:"voluntary_switches"`          // context switches, self and children
	InvoluntarySwitches  int64 `json:"involuntary_switches"`        //
	PeakMemoryBytes      int64 `json:"peak_memory_bytes"`           // highest resident size of the serving process
	ChildPeakMemoryBytes int64 `json:"child_peak_memory_bytes"`     // highest that a child reported; 0 if none did
	ProcessesStarted     int64 `json:"processes_started"`           // children begun to answer requests
	ConnectionsOpened    int64 `json:"connections_opened"`          // to databases and directories, self and children
	CPUResolutionNS      int64 `json:"cpu_resolution_ns,omitempty"` // error bound of CPU times over a block; 0: microseconds
	External             bool  `json:"outside,omitempty"`           // measured externally: only CPU time is known
	Observed             bool  `json:"observed,omitempty"`          // measured by /proc: connections are not known
	EndedFaults          int64 `json:"ended_faults,omitempty"`      // observed page faults of processes that ended
}

// Sub returns what was consumed between before and u. Peaks are no sums: they stay those of u.
func (u Usage) Sub(before Usage) Usage { return u.plus(before, -1) }

// Add returns what u and more consumed together. Peaks are no sums: the higher ones stay.
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

// CPUNS is the processor time of the whole target: the serving process and its children.
func (u Usage) CPUNS() int64 { return u.SelfCPUNS + u.ChildrenCPUNS }

// A Family is what an admin listener tells at /children: the processes that a target has started for requests, and when
// it was asked. Its times are those of one clock.
type Family struct {
	NowNS    int64   `json:"now_ns"`
	Children []Child `json:"children"`
}

// A Child is one of these.
type Child struct {
	PID     int   `json:"pid"` // 0 if it is not known
	BeganNS int64 `json:"began_ns"`
	EndedNS int64 `json:"ended_ns"` // 0 if it runs
}
