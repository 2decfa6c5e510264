package plan

// DefaultEngine is the engine of a plan that names none.
const DefaultEngine = "epoll"

// DefaultAlternates is whether that engine can alternate between visits.
const DefaultAlternates = true
