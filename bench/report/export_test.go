package report

// What the tests reach of the inside, from outside of the package.
var (
	Tag       = tag
	BenchName = benchName
)
