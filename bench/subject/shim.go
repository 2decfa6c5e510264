package subject

// ShimOf reports whether the executable at path is started through a shim of a version manager, and if so, of which tool,
// where the shim is, and what it starts.
func ShimOf(path string) (tool, shim, real string, ok bool) { return }
