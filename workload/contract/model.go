package contract

import "slices"

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
// databases.
type Model struct {
	Name       string   `json:"name"`
	About      string   `json:"about"` // one line for users
	Process    Lifetime `json:"process"`
	State      Lifetime `json:"state"`
	Connection Lifetime `json:"connection"`
	Host       string   `json:"host,omitempty"` // what starts the processes, if each serves one request
}

// Hosts that start a process for each request.
const (
	HostLibrary = "net/http/cgi"
	HostDirect  = "forktax"
)

// Models are all execution models. If several have the same lifetimes, [Resident], [Fresh] and [ModelKeeping] return
// the first of them.
var Models = []Model{
	{"cgi", "one process per request, by Go's net/http/cgi", PerRequest, PerRequest, PerRequest, HostLibrary},
	{"cgi-direct", "one process per request, by forktax's own CGI host", PerRequest, PerRequest, PerRequest, HostDirect},
	{"reload", "one process; new state and connections for each request", Kept, PerRequest, PerRequest, ""},
	{"reconnect", "one process and state; new connections for each request", Kept, Kept, PerRequest, ""},
	{"persistent", "one process, state and connections", Kept, Kept, Kept, ""},
}

// ModelNamed returns the model with the given name, and reports whether there is one.
func ModelNamed(name string) (m Model, ok bool) {
	return find(func(m Model) bool { return m.Name == name })
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

// ModelNames returns the names of all models.
func ModelNames() []string {
	var names []string
	for _, m := range Models {
		names = append(names, m.Name)
	}
	return names
}
