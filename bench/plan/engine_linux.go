package plan

// DefaultEngine is the load engine used unless --engine is given.
const DefaultEngine = "epoll"

// DefaultAlternates reports whether DefaultEngine can alternate between visits.
const DefaultAlternates = true
