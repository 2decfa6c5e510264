package account

// NewGroups makes a group of each version of control groups that this user may make one of, by the file systems' names.
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

// LimitersIn and RunQueueIn read another directory than /proc.
var LimitersIn, RunQueueIn = limitersOf, runQueueOf
