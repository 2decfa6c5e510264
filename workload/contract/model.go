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
}

// Models are all execution models. If several have the same lifetimes, [Resident], [Fresh] and [ModelKeeping] return
// the first of them.
var Models = []Model{
	{"cgi", "one process per request", PerRequest, PerRequest, PerRequest},
	{"reload", "one process; new state and connections for each request", Kept, PerRequest, PerRequest},
	{"reconnect", "one process and state; new connections for each request", Kept, Kept, PerRequest},
	{"persistent", "one process, state and connections", Kept, Kept, Kept},
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

// ModelNames returns the names of all models.
func ModelNames() []string {
	var names []string
	for _, m := range Models {
		names = append(names, m.Name)
	}
	return names
}
