package plan

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A Part is the share of a run, a check or a calibration that one of several machines measures. The zero Part is the
// whole.
type Part struct {
	Number int `json:"number"` // number of the part, from 1
	Of     int `json:"of"`     // number of parts
}

// MaxParts is the largest number of parts.
const MaxParts = 1000

// Set parses a part such as 2/8; or auto, which takes it from the variables that Slurm sets for a task; or auto/8,
// which takes the number of the part from Slurm or from a Kubernetes Indexed Job.
func (p *Part) Set(text string) error {
	if count, auto := strings.CutPrefix(text, "auto"); auto && (count == "" || count[0] == '/') {
		read, err := partOfTask(strings.TrimPrefix(count, "/"), os.LookupEnv)
		if err == nil {
			*p = read
		}
		return err
	}
	number, of, _ := strings.Cut(text, "/")
	var read Part
	var err error
	if read.Number, err = strconv.Atoi(number); err == nil {
		read.Of, err = strconv.Atoi(of)
	}
	if err != nil || read.Number < 1 || read.Of > MaxParts || read.Number > read.Of {
		return fmt.Errorf("must be a part such as 2/8, from 1/8 to 8/8, with at most %d parts, or auto", MaxParts)
	}
	*p = read
	return nil
}

// Variables by which a cluster tells a task its rank, from 0, and the number of tasks. A Kubernetes Indexed Job has no
// variable for the latter.
const (
	slurmRank       = "SLURM_PROCID"
	slurmTasks      = "SLURM_NTASKS"
	kubernetesIndex = "JOB_COMPLETION_INDEX"
)

// partOfTask returns the part of this task: its rank plus one. Count is the number of parts; "" if it is not given.
func partOfTask(count string, lookup func(string) (string, bool)) (Part, error) {
	of, rank, from := count, "", slurmRank
	if number, ok := lookup(slurmRank); ok {
		tasks, _ := lookup(slurmTasks)
		if rank = number; of == "" {
			of = tasks
		}
		if of != tasks {
			return Part{}, fmt.Errorf("gives %s parts, but %s is %q", of, slurmTasks, tasks)
		}
	} else if number, ok := lookup(kubernetesIndex); ok {
		if rank, from = number, kubernetesIndex; of == "" {
			return Part{}, fmt.Errorf("needs the number of parts after %s: must be auto/8 for a Job with completions: 8",
				kubernetesIndex)
		}
	} else {
		return Part{}, fmt.Errorf("needs %s and %s, which srun sets, or %s of a Kubernetes Indexed Job: must be a part such "+
			"as 2/8 otherwise", slurmRank, slurmTasks, kubernetesIndex)
	}
	n, err := strconv.Atoi(rank)
	var p Part
	if err == nil {
		err = p.Set(fmt.Sprintf("%d/%s", n+1, of))
	}
	if err != nil {
		return Part{}, fmt.Errorf("is rank %q (%s) of %q parts: must be from 0 to one less than the number of parts, which "+
			"is at most %d", rank, from, of, MaxParts)
	}
	return p, nil
}

// String returns the part in the form that Set parses; "" for the zero Part.
func (p Part) String() string {
	if p.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", p.Number, p.Of)
}

// Type implements pflag.Value.
func (Part) Type() string { return "k/n" }

// IsOne reports whether the part is one of several.
func (p *Part) IsOne() bool { return p != nil && p.Of > 0 }

// Share returns the part's share of n things that are dealt out in turn.
func (p Part) Share(n int) int {
	if p.Of == 0 {
		return n
	}
	return (n + p.Of - p.Number) / p.Of
}

// A NamedPart is a part, and the file or directory that has it.
type NamedPart struct {
	Part
	Name string
}

// AllParts returns an error if one of the parts is missing or was given twice. All have the same number of parts.
func AllParts(parts []NamedPart) error {
	missing, err := MissingParts(parts)
	if err != nil || len(missing) == 0 {
		return err
	}
	var names []string
	for _, p := range missing {
		names = append(names, p.String())
	}
	return fmt.Errorf("missing parts: %s", strings.Join(names, ", "))
}

// MissingParts returns the parts that are missing. It returns an error if one was given twice.
func MissingParts(parts []NamedPart) (missing []Part, err error) {
	names := map[int]string{}
	of := parts[0].Of
	for _, p := range parts {
		if had := names[p.Number]; had != "" {
			return nil, fmt.Errorf("part %v was given twice: %s and %s", p.Part, had, p.Name)
		}
		names[p.Number] = p.Name
	}
	for number := 1; number <= of; number++ {
		if names[number] == "" {
			missing = append(missing, Part{number, of})
		}
	}
	return missing, nil
}
