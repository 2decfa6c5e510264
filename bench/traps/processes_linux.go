package traps

import (
	"fmt"
	"slices"

	"github.com/prometheus/procfs"
)

// processTree returns the process and its descendants, parents first. Processes and fields that cannot be read are
// missing.
func processTree(root int) []serverProcess {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil
	}
	children := map[int][]procfs.Proc{}
	pids := []int{root}
	for _, p := range all {
		if stat, err := p.Stat(); err == nil {
			children[stat.PPID] = append(children[stat.PPID], p)
		}
	}
	var found []serverProcess
	for i := 0; i < len(pids) && i < mostProcesses; i++ {
		for _, child := range children[pids[i]] {
			if !slices.Contains(pids, child.PID) {
				pids = append(pids, child.PID)
			}
		}
		p, err := procfs.NewProc(pids[i])
		if err != nil {
			continue
		}
		s := serverProcess{file: fmt.Sprintf("/proc/%d/exe", pids[i])}
		s.executable, _ = p.Executable()
		s.args, _ = p.CmdLine()
		s.environ, _ = p.Environ()
		found = append(found, s)
	}
	return found
}
