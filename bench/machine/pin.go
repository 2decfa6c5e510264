package machine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GeneratorName is the name of the load generator in a placement.
const GeneratorName = "generator"

// maxCore is the largest number of a core.
const maxCore = 1023

// A Placement assigns cores to the load generator and to targets. Targets without cores of their own have those that
// the generator does not have.
type Placement struct {
	available []int
	own       map[string][]int // by name of a target, and GeneratorName
}

// NewPlacement returns the placement of names on cores, in the form of cpusets: "0", "0-3", "0,2". A generator that is
// not given has the first core that no target is given. Targets may share cores, but not with the generator.
func NewPlacement(given map[string]string) (*Placement, error) {
	available, err := availableCores()
	if err != nil {
		return nil, fmt.Errorf("pinning: %w", err)
	}
	p := &Placement{available: available, own: map[string][]int{}}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		cores, err := parseCores(given[name])
		if err != nil {
			return nil, fmt.Errorf("%s=%s: %w: must be a list of cores such as 0, 0-3 or 0,2", name, given[name], err)
		}
		for _, core := range cores {
			if !slices.Contains(available, core) {
				return nil, fmt.Errorf("%s=%s: core %d is not available; available are %s", name, given[name], core,
					coreList(available))
			}
		}
		p.own[name] = cores
	}
	if given[GeneratorName] == "" {
		first := max(slices.IndexFunc(available, p.isFree), 0)
		p.own[GeneratorName] = available[first : first+1]
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		for _, core := range p.own[GeneratorName] {
			if name != GeneratorName && slices.Contains(p.own[name], core) {
				return nil, fmt.Errorf("%s=%s: core %d is that of the generator, which must have its own: leave it out, or "+
					"add --cores generator=CORE", name, given[name], core)
			}
		}
	}
	if len(p.rest()) == 0 {
		return nil, fmt.Errorf("pinning needs a core besides those of the generator, %s; available are %s",
			coreList(p.own[GeneratorName]), coreList(available))
	}
	return p, nil
}

// isFree reports whether the core has not been given to anything.
func (p *Placement) isFree(core int) bool {
	for _, cores := range p.own {
		if slices.Contains(cores, core) {
			return false
		}
	}
	return true
}

// rest returns the cores that the generator does not have.
func (p *Placement) rest() []int {
	return slices.DeleteFunc(slices.Clone(p.available), func(core int) bool {
		return slices.Contains(p.own[GeneratorName], core)
	})
}

// coresOf returns the cores of a target.
func (p *Placement) coresOf(target string) []int {
	if cores, ok := p.own[target]; ok {
		return cores
	}
	return p.rest()
}

// Describe returns the cores of the generator and of all targets, in the form of cpusets.
func (p *Placement) Describe(targets []string) map[string]string {
	cores := map[string]string{GeneratorName: coreList(p.own[GeneratorName])}
	for _, t := range targets {
		cores[t] = coreList(p.coresOf(t))
	}
	return cores
}

// parseCores parses a list of cores.
func parseCores(text string) (cores []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(low)
		if err != nil || first < 0 || first > maxCore {
			return nil, fmt.Errorf("invalid core %q", low)
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(high); err != nil || last < first || last > maxCore {
				return nil, fmt.Errorf("invalid range %q", part)
			}
		}
		for core := first; core <= last; core++ {
			if !slices.Contains(cores, core) {
				cores = append(cores, core)
			}
		}
	}
	slices.Sort(cores)
	return cores, nil
}

// coreList returns sorted cores in the form of cpusets.
func coreList(cores []int) string {
	var parts []string
	for i := 0; i < len(cores); {
		j := i
		for j+1 < len(cores) && cores[j+1] == cores[j]+1 {
			j++
		}
		if part := strconv.Itoa(cores[i]); j == i {
			parts = append(parts, part)
		} else {
			parts = append(parts, part+"-"+strconv.Itoa(cores[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
