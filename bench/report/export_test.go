package report

// What the tests reach of the inside, from outside of the package.
var (
	Duration   = duration
	Three      = three
	Rate       = rate
	Size       = size
	Between    = between
	PerRequest = perRequest
	Tag        = tag
)
