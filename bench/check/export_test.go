package check

// Internals used by the tests, which are outside of the package.
var (
	Widening     = widening
	MarginsOf    = (*Options).margins
	ParseMargin  = parseMargin
	PredictError = predictError
	ReachedError = reachedError
	TimeOf       = timeOf
	UsableSides  = usableSides
)
