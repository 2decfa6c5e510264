package contract

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Lifetime is the lifetime of a resource of a program.
type Lifetime string

// The lifetimes, from the shortest.
const (
	PerRequest Lifetime = "request" // created for each request, after its arrival
	Ahead      Lifetime = "ahead"   // created for each request, before its arrival
	PerN       Lifetime = "n"       // created again after N requests
	Kept       Lifetime = "kept"    // created once
)

// A Model is an execution model: the lifetimes of a program's process, its initialized state, and its connections to
// databases. A model whose process serves N requests is a family: the row of [Models] has the letter N in its name, and
// [ModelNamed] returns the model for a number.
type Model struct {
	Name       string   `json:"name"`
	About      string   `json:"about"` // one line for users
	Process    Lifetime `json:"process"`
	State      Lifetime `json:"state"`
	Connection Lifetime `json:"connection"`
	Host       string   `json:"host,omitempty"`     // what starts the processes, if they are not the server itself
	Requests   int      `json:"requests,omitempty"` // N: requests that a process serves; 0: no limit, or a family
	Late       bool     `json:"late,omitempty"`     // the next process is started only after the last one has ended
	Together   bool     `json:"together,omitempty"` // all processes are replaced when one has served N requests
}

// Hosts start processes for requests.
const (
	HostLibrary = "net/http/cgi"
	HostDirect  = "forktax"
	HostWorkers = "forktax workers" // its processes serve several requests, or are started before their request arrives
	HostProxy   = "forktax proxy"   // its process serves all requests
	HostZygote  = "forktax zygote"  // forks a process that has loaded the program
	HostWasm    = "forktax wasm"    // runs instances of a WebAssembly module in its own process
)

// Models are all execution models. If several have the same lifetimes, [Resident], [Fresh] and [ModelKeeping] return
// the first of them.
var Models = []Model{
	{Name: "cgi", About: "one process per request, by Go's net/http/cgi", Process: PerRequest, State: PerRequest,
		Connection: PerRequest, Host: HostLibrary},
	{Name: "cgi-direct", About: "one process per request, by forktax's own CGI host", Process: PerRequest,
		State: PerRequest, Connection: PerRequest, Host: HostDirect},
	{Name: "reload", About: "one process; new state and connections for each request", Process: Kept, State: PerRequest,
		Connection: PerRequest},
	{Name: "reconnect", About: "one process and state; new connections for each request", Process: Kept, State: Kept,
		Connection: PerRequest},
	{Name: "persistent", About: "one process, state and connections", Process: Kept, State: Kept, Connection: Kept},
	{Name: "pool", About: "one process per request, started and connected before the request arrives", Process: Ahead,
		State: Ahead, Connection: Ahead, Host: HostWorkers},
	{Name: "zygote", About: "one process per request, forked from one that has loaded the program (Python only)",
		Process: PerRequest, State: Kept, Connection: PerRequest, Host: HostZygote},
	{Name: "recycle:N", About: "worker processes, replaced after N requests; the next starts before the last has ended",
		Process: PerN, State: PerN, Connection: PerN, Host: HostWorkers},
	{Name: "recycle-lazy:N",
		About:   "worker processes, replaced after N requests; the next starts after the last has ended",
		Process: PerN, State: PerN, Connection: PerN, Host: HostWorkers, Late: true},
	{Name: "recycle-together:N", About: "worker processes, which are all replaced when one has served N requests",
		Process: PerN, State: PerN, Connection: PerN, Host: HostWorkers, Together: true},
	{Name: "fastcgi", About: "worker processes, which a host reaches by FastCGI over kept connections", Process: Kept,
		State: Kept, Connection: Kept, Host: HostWorkers},
	{Name: "http-unix", About: "one process, state and connections, behind a proxy that reaches it over a Unix socket",
		Process: Kept, State: Kept, Connection: Kept, Host: HostProxy},
	{Name: "wasm", About: "one process; a new WebAssembly instance for each request", Process: Kept, State: PerRequest,
		Connection: PerRequest, Host: HostWasm},
	{Name: "wasm-reuse", About: "one process; WebAssembly instances, each of which serves further requests", Process: Kept,
		State: Kept, Connection: Kept, Host: HostWasm},
}

// IsGeneral reports whether each Go program of package workload has the model. Others need a module, or Python.
func (m Model) IsGeneral() bool { return m.Host != HostWasm && m.Host != HostZygote }

// An Isolation says what a request shares with others.
type Isolation int

// The isolations, from the strongest.
const (
	OwnProcess      Isolation = iota // nothing but the machine
	OwnInstance                      // the process, but not the memory of its program
	EarlierRequests                  // the memory of a process or instance, which serves one request at a time
	AllRequests                      // the memory of a process, which serves other requests meanwhile
)

// Isolation returns what a request shares with others in the model.
func (m Model) Isolation() Isolation {
	switch {
	case m.Process == PerRequest || m.Process == Ahead || m.Requests == 1:
		return OwnProcess
	case m.Host == HostWasm && m.State == PerRequest:
		return OwnInstance
	case m.Host == HostWasm || m.Host == HostWorkers:
		return EarlierRequests
	}
	return AllRequests
}

// StartsAhead reports whether a process serves a single request, but is started before it.
func (m Model) StartsAhead() bool { return m.Isolation() == OwnProcess && m.Process != PerRequest }

// FlagRemoteAdmin is the flag that permits an admin listener which other machines reach.
const FlagRemoteAdmin = "remote-admin"

// Flags of [ChildLimits] for the number of processes: of those that wait for requests, in some models, and of all.
const (
	FlagWorkers   = "workers"
	FlagSpares    = "pool"
	FlagProcesses = "max-children"
)

// Limits returns the names of the flags of [ChildLimits] that have an effect in the model.
func (m Model) Limits() []string {
	const header = "max-header"
	switch m.Host {
	case "":
		return []string{header}
	case HostProxy:
		return []string{header, "child-cpu", "child-memory", "child-processes"}
	case HostLibrary:
		return []string{FlagProcesses, "queue", header}
	}
	instances := m.Host == HostWasm && m.State == Kept // each is a worker
	hasWorkers := m.Host == HostWorkers || instances
	return slices.DeleteFunc(LimitNames(), func(name string) bool {
		return name == FlagWorkers && (!hasWorkers || m.Process == Ahead) ||
			name == FlagSpares && (!hasWorkers || m.Process != Ahead) ||
			name == FlagProcesses && instances ||
			m.Host == HostWorkers && (name == "max-spooled" || name == "max-left") ||
			m.Host == HostZygote && name == "max-left" || // its processes have the environment of the first one
			m.Host == HostWasm && (name == "child-cpu" || name == "child-processes" || name == "max-left")
	})
}

// CheckLimits returns an error for the first limit, by name, that has no effect in the model or whose value is invalid.
func (m Model) CheckLimits(values map[string]string) error {
	all, effective := flag.NewFlagSet("", flag.ContinueOnError), m.Limits()
	new(ChildLimits).Flags(all)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(effective, name) {
			return fmt.Errorf("%q has no effect in the model %s: use %s", name, m.Name, strings.Join(effective, ", "))
		}
		if err := all.Set(name, values[name]); err != nil {
			return fmt.Errorf("%s: %q: %w", name, values[name], err)
		}
	}
	return nil
}

// familyMark stands for the number in the name of a family.
const familyMark = ":N"

// maxRequests is the largest number of requests after which a model replaces a process.
const maxRequests = math.MaxInt32

// ModelNamed returns the model with the given name, and reports whether there is one. The name of a family is not that
// of a model: "recycle:100" is one, "recycle:N" is not.
func ModelNamed(name string) (m Model, ok bool) {
	m, ok = find(func(m Model) bool { return m.Name == FamilyOf(name) })
	if !ok || !m.IsFamily() {
		return m, ok
	}
	_, digits, _ := strings.Cut(name, ":")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > maxRequests || digits != strconv.Itoa(n) {
		return Model{}, false
	}
	m.Name, m.Requests = name, n
	return m, true
}

// IsFamily reports whether the model stands for several, with different numbers of requests.
func (m Model) IsFamily() bool { return strings.HasSuffix(m.Name, familyMark) }

// Of returns the name of the model of a family whose processes serve n requests. It is Name for other models.
func (m Model) Of(n int) string {
	if !m.IsFamily() {
		return m.Name
	}
	return strings.TrimSuffix(m.Name, "N") + strconv.Itoa(n)
}

// typical are the numbers of requests at which members of a family are offered.
var typical = []int{1, 10, 100, 1000}

// Members returns the models that a user can choose for a name in [Models]: that model, or typical ones of a family.
func Members(name string) (names []string) {
	m := Model{Name: name}
	if !m.IsFamily() {
		return []string{name}
	}
	for _, n := range typical {
		names = append(names, m.Of(n))
	}
	return names
}

// TypicalModels returns all models, with typical ones of each family.
func TypicalModels() (all []Model) {
	for _, m := range Models {
		for _, name := range Members(m.Name) {
			member, _ := ModelNamed(name)
			all = append(all, member)
		}
	}
	return all
}

// FamilyOf returns the name in [Models] of a model: that of its family, if it belongs to one.
func FamilyOf(name string) string {
	before, _, isMember := strings.Cut(name, ":")
	if !isMember {
		return name
	}
	return before + familyMark
}

// ModelKeeping returns the model with the given lifetimes, and reports whether there is one.
func ModelKeeping(process, state, connection Lifetime) (m Model, ok bool) {
	return find(func(m Model) bool {
		return m.Process == process && m.State == state && m.Connection == connection
	})
}

func find(is func(Model) bool) (m Model, ok bool) {
	i := slices.IndexFunc(Models, is)
	if i < 0 {
		return Model{}, false
	}
	return Models[i], true
}

// Resident returns the model that keeps process, state and connections.
func Resident() Model {
	m, _ := ModelKeeping(Kept, Kept, Kept)
	return m
}

// Fresh returns the model that keeps nothing.
func Fresh() Model {
	m, _ := ModelKeeping(PerRequest, PerRequest, PerRequest)
	return m
}

// Direct returns the model whose processes forktax's own host starts, with the guarantees that programs of other people
// need.
func Direct() Model {
	m, _ := find(func(m Model) bool { return m.Host == HostDirect })
	return m
}

// ModelNames returns the names of all models, and of families.
func ModelNames() []string {
	var names []string
	for _, m := range Models {
		names = append(names, m.Name)
	}
	return names
}
