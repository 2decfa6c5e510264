package report

import "forktax/bench/analysis"

// An exportValue is one number of a cell that other tools keep, with its bounds if they are known.
type exportValue struct {
	metric    string
	value     float64
	low, high *float64
}

// exportValues lists what other tools keep of a cell: medians, the ninth decile, CPU a request and throughput, as far
// as they are known. Response times of a cell that was overloaded are those of a queue, and left out.
func exportValues(c analysis.Cell) []exportValue {
	var found []exportValue
	add := func(metric string, value *float64) {
		if value == nil {
			return
		}
		f := exportValue{metric: metric, value: *value}
		if low, high, ok := c.Spread(metric); ok && low <= f.value && f.value <= high {
			f.low, f.high = &low, &high
		}
		found = append(found, f)
	}
	if !c.Overloaded {
		add(analysis.MetricResponse, analysis.Float(c.Response.P50))
		add(analysis.MetricResponse90, analysis.Float(c.Response.P90))
	}
	add(analysis.MetricCPU, analysis.Float(c.CPUPerRequest))
	add(analysis.MetricThroughput, c.ThroughputRPS)
	return found
}
