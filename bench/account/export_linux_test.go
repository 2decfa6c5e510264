package account

// NewGroups creates a group in each version of control groups in which this user may create one. The keys are the names
// of the file systems.
func NewGroups(name string) map[string]*Group {
	groups := map[string]*Group{}
	for _, h := range hierarchies {
		if g := h.newGroup(name); g != nil {
			groups[h.fileSystem] = g
		}
	}
	return groups
}

// Tick is the unit of CPU times in /proc.
const Tick = tick

// LimitersIn and RunQueueIn read a directory like /proc.
var LimitersIn, RunQueueIn = limitersOf, runQueueOf
