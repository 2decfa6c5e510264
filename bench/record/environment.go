package record

// Environment is where a run was made. Absolute numbers of unlike environments are not compared.
type Environment struct {
	OS          string            `json:"os"`
	Arch        string            `json:"arch"`
	Kernel      string            `json:"kernel"`
	CPU         string            `json:"cpu"`
	Cores       int               `json:"cores"`
	MemoryBytes int64             `json:"memory_bytes"`
	ClockSource string            `json:"clock_source,omitempty"`
	Governor    string            `json:"governor,omitempty"`    // of the processor's frequency, where the system sets it
	Mitigations map[string]string `json:"mitigations,omitempty"` // of the processor's weaknesses, as the kernel puts it
	Limits      map[string]string `json:"limits,omitempty"`      // open files, processes, and those of the control group
	Load1       float64           `json:"load1"`                 // runnable processes over the last minute, before the run
	StealShare  float64           `json:"steal_share"`           // of processor time since boot that the hypervisor took away
	Go          string            `json:"go"`
	Programs    []Program         `json:"programs"`
	Database    *Database         `json:"database,omitempty"` // nil if no server keeps the programs' data
}

// A Database is the server in which the programs keep their data.
type Database struct {
	Kind     string            `json:"kind"`     // "postgres"
	URL      string            `json:"url"`      // without a password
	Private  bool              `json:"private"`  // it was started for the run
	Version  string            `json:"version"`  // as it says itself
	Settings map[string]string `json:"settings"` // those that decide what a request costs it
	// CPUResolutionNS bounds by how much its CPU time in a block may be off, either way.
	CPUResolutionNS int64 `json:"cpu_resolution_ns,omitempty"`
}

// A Program is a file that was measured.
type Program struct {
	Workload string            `json:"workload"`
	Variants []string          `json:"variants,omitempty"` // that it serves, in a run that has any
	Path     string            `json:"path"`
	Bytes    int64             `json:"bytes"`
	SHA256   string            `json:"sha256"`
	Go       string            `json:"go,omitempty"`       // that it was built with, if it is a Go program
	Linking  string            `json:"linking,omitempty"`  // LinkedStatically or LinkedDynamically; "" if it is no ELF file
	Settings map[string]string `json:"settings,omitempty"` // of its build: CGO_ENABLED, -tags, -ldflags
}

// How a program is linked. One that is linked dynamically has libraries loaded and bound at each start.
const (
	LinkedStatically  = "static"
	LinkedDynamically = "dynamic"
)

// Counters are what the machine counts while a run goes on. Differences of them tell whether a round was disturbed.
type Counters struct {
	CPUSeconds     float64 `json:"cpu_s"`                     // processor time of all kinds, idle too
	StealSeconds   float64 `json:"steal_s,omitempty"`         // processor time that the hypervisor gave to others
	ListenDrops    float64 `json:"listen_drops,omitempty"`    // connections that found a full backlog
	SYNRetransmits float64 `json:"syn_retransmits,omitempty"` // connection requests that had to be sent again
	// ListenOverflows are connections that were dropped since the backlog of a listener was full. Drops for other reasons
	// are in ListenDrops alone.
	ListenOverflows float64 `json:"listen_overflows,omitempty"`
}

// Sub returns what was counted between before and c.
func (c Counters) Sub(before Counters) Counters {
	return Counters{
		CPUSeconds:     c.CPUSeconds - before.CPUSeconds,
		StealSeconds:   c.StealSeconds - before.StealSeconds,
		ListenDrops:    c.ListenDrops - before.ListenDrops,
		SYNRetransmits: c.SYNRetransmits - before.SYNRetransmits,

		ListenOverflows: c.ListenOverflows - before.ListenOverflows,
	}
}
