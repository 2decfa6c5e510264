package record

// Environment describes the machine of a run. Absolute numbers from different environments are not compared.
type Environment struct {
	OS          string            `json:"os"`
	Arch        string            `json:"arch"`
	Kernel      string            `json:"kernel"`
	Boot        string            `json:"boot,omitempty"`  // hash of the kernel's boot ID: the same only on one machine
	Image       string            `json:"image,omitempty"` // distribution, or image of a hosted runner
	CPU         string            `json:"cpu"`
	Cores       int               `json:"cores"`
	MemoryBytes int64             `json:"memory_bytes"`
	ClockSource string            `json:"clock_source,omitempty"`
	Governor    string            `json:"governor,omitempty"`    // CPU frequency governor; "" if the system has none
	Mitigations map[string]string `json:"mitigations,omitempty"` // kernel's mitigation of each CPU vulnerability
	Limits      map[string]string `json:"limits,omitempty"`      // limits of this process and its control group, by name
	Load1       float64           `json:"load1"`                 // one-minute load average before the run
	StealShare  float64           `json:"steal_share"`           // share of CPU time since boot that the hypervisor took
	Go          string            `json:"go"`
	Programs    []Program         `json:"programs"`
	Database    *Database         `json:"database,omitempty"` // nil if there is no database server
}

// Machines numbers the machines of the parts that have measured from 0, in their order, and returns that of each part;
// -1 of the others. Environments with the same boot ID are of one machine. Those without are of different ones.
func Machines(all []Environment, measured []bool) (machines []int) {
	known, n := map[string]int{}, 0
	for i, e := range all {
		if !measured[i] {
			machines = append(machines, -1)
			continue
		}
		machine, seen := known[e.Boot]
		if !seen || e.Boot == "" {
			machine = n
			known[e.Boot] = n
			n++
		}
		machines = append(machines, machine)
	}
	return machines
}

// A Database describes the server in which the programs store their data.
type Database struct {
	Kind     string            `json:"kind"`     // "postgres"
	URL      string            `json:"url"`      // URL without a password
	Private  bool              `json:"private"`  // started for the run
	Version  string            `json:"version"`  // version reported by the server
	Settings map[string]string `json:"settings"` // settings that affect the cost of a request
	// CPUResolutionNS is the largest error of the server's CPU time in a block, in either direction.
	CPUResolutionNS int64 `json:"cpu_resolution_ns,omitempty"`
}

// A Program is a file that was measured.
type Program struct {
	Workload string            `json:"workload"`
	Variants []string          `json:"variants,omitempty"` // variants that it serves, in a run with variants
	Path     string            `json:"path"`
	Bytes    int64             `json:"bytes"`
	SHA256   string            `json:"sha256"`
	Go       string            `json:"go,omitempty"`       // version that built it; "" if it is not a Go program
	Linking  string            `json:"linking,omitempty"`  // LinkedStatically or LinkedDynamically; "" if not an ELF file
	Settings map[string]string `json:"settings,omitempty"` // build settings: CGO_ENABLED, -tags, -ldflags
}

// LinkedStatically and LinkedDynamically are the ways to link a program. A dynamically linked program loads and binds
// libraries at each start.
const (
	LinkedStatically  = "static"
	LinkedDynamically = "dynamic"
)

// Counters are system-wide counters of the machine. Their differences show whether a round was disturbed.
type Counters struct {
	CPUSeconds     float64 `json:"cpu_s"`                     // CPU time of all kinds, idle included
	StealSeconds   float64 `json:"steal_s,omitempty"`         // CPU time that the hypervisor gave to others
	ListenDrops    float64 `json:"listen_drops,omitempty"`    // connections dropped by listeners
	SYNRetransmits float64 `json:"syn_retransmits,omitempty"` // retransmitted connection requests
	// ListenOverflows counts connections dropped because the backlog of a listener was full. Drops for other reasons are
	// in ListenDrops alone.
	ListenOverflows float64 `json:"listen_overflows,omitempty"`
}

// Add returns the sum of the counters of two machines.
func (c Counters) Add(more Counters) Counters {
	zero := Counters{}
	return c.Sub(zero.Sub(more))
}

// Sub returns the difference c - before.
func (c Counters) Sub(before Counters) Counters {
	return Counters{
		CPUSeconds:     c.CPUSeconds - before.CPUSeconds,
		StealSeconds:   c.StealSeconds - before.StealSeconds,
		ListenDrops:    c.ListenDrops - before.ListenDrops,
		SYNRetransmits: c.SYNRetransmits - before.SYNRetransmits,

		ListenOverflows: c.ListenOverflows - before.ListenOverflows,
	}
}
