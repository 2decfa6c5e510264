package contract

import "slices"

// A Lifetime is how long a resource of a program lasts.
type Lifetime string

// The lifetimes, from the shortest.
const (
	PerRequest Lifetime = "request" // made for each request, when it has come
	Ahead      Lifetime = "ahead"   // made for each request, before it comes
	PerN       Lifetime = "n"       // made again after N requests
	Kept       Lifetime = "kept"    // made once
)

// A Model is an execution model: how long a program's process lasts, the state that it has initialised, and its
// connections to databases.
type Model struct {
	Name       string   `json:"name"`
	About      string   `json:"about"` // what is kept, in a few words for users
	Process    Lifetime `json:"process"`
	State      Lifetime `json:"state"`
	Connection Lifetime `json:"connection"`
}

// Models are all execution models. Of several that keep the same, the first is what Resident, Fresh and ModelKeeping
// return.
var Models = []Model{
	{"cgi", "a process for each request", PerRequest, PerRequest, PerRequest},
	{"reload", "one process; state and connections for each request", Kept, PerRequest, PerRequest},
	{"reconnect", "one process with its state; connections for each request", Kept, Kept, PerRequest},
	{"persistent", "one process with its state and connections", Kept, Kept, Kept},
}

// ModelNamed finds a model by its name.
func ModelNamed(name string) (m Model, ok bool) {
	return find(func(m Model) bool { return m.Name == name })
}

// ModelKeeping finds a model by what it keeps.
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

// Resident returns the model that keeps everything.
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
