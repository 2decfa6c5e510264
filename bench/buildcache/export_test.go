package buildcache

// PruneAt is Prune with the given root, time and limit in bytes.
var PruneAt = prune
