package check

// What the tests reach of the inside, from outside of the package.
var (
	Widening     = widening
	MarginsOf    = (*Options).margins
	ParseMargin  = parseMargin
	PredictError = predictError
	ReachedError = reachedError
	TimeOf       = timeOf
)
