package buildcache

// PruneAt is Prune of the cache at root, at another time and with another limit of bytes.
var PruneAt = prune
