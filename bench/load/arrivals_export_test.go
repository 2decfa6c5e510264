package load

// ArrivalsOf returns the arrivals of a part.
var ArrivalsOf = arrivalsOf
