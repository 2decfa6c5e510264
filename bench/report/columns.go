package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// tables are those of cells, which share a list of columns.
type tables uint

const (
	inClosed    tables = 1 << iota // response times in closed loops
	inOpen                         // and at a rate
	inResponses                    // and of both, on the page
	inCosts
	inSuite
	inPhases
	inRanks // percentiles of a distribution
	inBins  // and its bins
	inCSV

	inTimes = inClosed | inOpen | inResponses
	inAll   = inTimes | inCosts | inSuite | inPhases | inRanks
	onPage  = inOpen | inResponses | inCosts | inPhases | inRanks | inBins
)

// Definitions that columns share.
const (
	aboutRequest = "Name of the request, after that of its workload unless both are the same."
	aboutLoad    = "In a closed loop a number of clients, each of which waits for its response before it sends again. " +
		"In an open loop a rate: requests arrive by a plan, whatever the server does."
	aboutRanks = "Response times that half, 90 %, 99 % and 99.9 % of the right responses did not exceed: exact nearest " +
		"ranks over all undisturbed blocks, from when a request was intended until its last byte. They are given from 6, " +
		"36, 368 and 3,688 responses on: with fewer, all may lie below the percentile with a probability above 2.5 %, and " +
		"the number would be the maximum under another name. ≥ marks one that falls on a request which timed out."
	aboutService    = "Like response_ns, but from when a request was sent. Both are the same in a closed loop."
	aboutLag        = "How late the generator sent; null in a closed loop."
	aboutThroughput = "Right responses a second, over all undisturbed blocks."
	aboutTax        = "The ratio of the median response time to the baseline's, and the difference: estimates of Hodges " +
		"and Lehmann over pairs of blocks that were visited in the same round, with the 95 % interval of the signed-rank " +
		"test, over pairs or over starts of the targets, whichever is wider."
	aboutCPU = "CPU time of the server and of the children that it waited for, over all requests of undisturbed " +
		"blocks, with that of its database server if it is known; of a command or a web server that was " +
		"started, that of all its processes."
	aboutPhases = "Medians over the responses that report them. arrive: until the server has the request. wait: for a " +
		"slot of the host. spawn: clone and exec. start: loader and language runtime, to the first statement of main. " +
		"open: the program's own state. connect: databases. handle: the handler. child: all of these, of a program that " +
		"does not report them. transfer: until the host has the whole response. close: what was connected. exit: until the " +
		"child has been waited for. return: until the client has the response. outside: the rest of the request."
	aboutBins = "How many right responses took at least as long as the start of a bin, and less than the start of the " +
		"next. A bin is 12.2 % wide: there are 20 for a factor of ten. Bins without a response are left out."
	aboutSteps = "What a step of the ladder adds to the one above it, which keeps one thing more: the difference of the " +
		"medians with its 95 % interval, as the client saw it; the same by the phases that the servers reported; and that " +
		"of the CPU a request."
	aboutGates  = "Medians over the blocks of either side, or what was counted in one start."
	aboutChange = "By how much the candidate costs more, with its interval: + is worse, for throughput, too. A gate " +
		"fails if the change is above the limit, and that was confirmed at fresh starts."
	aboutLimit = "The margin of the gate: an increase up to it is not a regression. It is a share of the base (margin), " +
		"of a count also a number (margin_count); only an increase above both is a regression."
	aboutReferee   = "Difference of the cross-check, an independent client, from the load engine."
	aboutGenerator = "CPU time of the load generator for a request."
	aboutQueued    = "How long threads were ready to run and waited for a CPU, added up, for a request. Children that the " +
		"server starts later, as for CGI, are not seen. It is noise, from other processes and from the run's own: no block " +
		"is invalid by it."
	aboutDecision = "By the CPU a request at the first load: the share of a core that requests at a rate take, the " +
		"rate from which on one core is not enough, and what would take away how much of the fork tax. A connection " +
		"pooler takes away up to the phases connect and close: all of them if it trusts its clients, less or nothing if " +
		"they authenticate to it with SCRAM."
)

// aboutModel describes the models by their table.
var aboutModel = func() string {
	text := "What a program keeps from one request to the next."
	for _, m := range contract.Models {
		text += fmt.Sprintf(" %s: %s.", m.Name, m.About)
	}
	return text + " A variant or an external server has a name of its own."
}()

// cellColumns are in the order of the CSV.
var cellColumns = []column[analysis.Cell]{
	{CSV: "run", In: inCSV, About: "Identifier of the run.",
		Text: func(a *analysis.Analysis, _ analysis.Cell) string { return a.Run.ID }},
	{CSV: "incomplete", In: inCSV, About: "Why the run is not complete; empty if it is.",
		Text: func(a *analysis.Analysis, _ analysis.Cell) string { return a.Run.Condition }},
	{Name: "workload", Key: "workload", In: inSuite | inCSV, About: "Name of the program, or of what a suite compares."},
	{Name: "request", Key: "request", In: inAll&^inSuite | inCSV, About: aboutRequest, Text: requestOf[analysis.Cell]},
	{Name: "load", Key: "load", In: inAll &^ inOpen, About: aboutLoad},
	{Name: "planned", Key: "load", In: inOpen, About: aboutLoad},
	{Name: "model", Key: "model", In: inAll | inCSV, About: aboutModel},
	{Name: "title", In: inSuite, About: "What a contender of a suite is.", Text: contenderTitle},
	{Key: "engine", In: inCSV, About: "What offered the load."},
	{Key: "load.kind", CSV: "load", In: inCSV, About: "closed or open."},
	{Key: "load.concurrency", CSV: "concurrency", In: inCSV, Unit: counts, About: "Clients, or most connections at once."},
	{Key: "load.rate_rps", CSV: "rate_rps", In: inCSV, Unit: perSecond, About: "Planned arrivals; 0 in a closed loop."},
	{Key: "load.arrivals", CSV: "arrivals", In: inCSV, About: "How arrivals follow each other: poisson or constant."},
	{Key: "load.no_reuse", CSV: "connections_anew", In: inCSV, About: "Whether each request has a new connection."},
	{Key: "load.timeout_ns", Unit: ns, About: "Limit on a request, if it is not the default."},
	{Key: "blocks", In: inCSV, Unit: counts, About: "Visits to the cell."},
	{Name: "invalid", Key: "invalid_blocks", Unit: counts, In: inCosts | inCSV, Order: 2,
		About: "Blocks that are in no comparison: the generator was late or collected garbage, connections were dropped, " +
			"or requests failed.",
		Text: of(func(c analysis.Cell) string { return fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks) })},
	{Key: "invalid", Unit: counts, About: "Invalid blocks by reason; a block may have several."},
	{Key: "requests", In: inCSV, Unit: counts, About: "Requests, failed ones included."},
	{Name: "starts by class", Key: "starts", Unit: counts, In: inResponses, When: hasClasses, About: "Number of starts of a resident " +
		"target by the course of the medians of their blocks. flat: one level. warming: they decrease, and then stay at their lowest " +
		"level. slowing: they end more than 5 % above their lowest level. unsteady: the last level has less than a quarter of the blocks. " +
		"too few: fewer than 30 blocks. Levels are found by PELT on logarithms, with a penalty of 15 ln n.",
		Text: of(classesText), Place: func(*analysis.Analysis, analysis.Cell) string { return "" }},
	{Name: "errors", Key: "errors", Unit: counts, In: inCosts | inCSV, Order: 1,
		About: "Requests without a right response. Except for timeouts, and for those that the " +
			"end of a visit cut off, they are in no percentile."},
	{Key: "errors_by_class", Unit: counts, About: "Errors by their kind."},
	{Key: "failures", About: "Of each kind of error: the number of the first request, the wrong statuses, and the first line " +
		"of the first response that was not as expected."},
	{Key: "log", About: "What the target logged when requests failed, each kind of line once."},
	{Name: "reached", Key: "throughput_rps", Unit: perSecond, In: inOpen, About: aboutThroughput},
	{Name: "p50", Key: "response_ns.p50", Unit: ns, In: inAll&^inCosts&^inSuite | inCSV, About: aboutRanks,
		Text: percentile("p50")},
	{Name: "p90", Key: "response_ns.p90", Unit: ns, In: inTimes | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p90")},
	{Name: "p99", Key: "response_ns.p99", Unit: ns, In: inTimes | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p99")},
	{Name: "p99.9", Key: "response_ns.p999", Unit: ns, In: inTimes&^inClosed | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p999")},
	{Name: "max", Key: "response_ns.max", In: inRanks | inCSV, Unit: ns, About: "The longest response time.",
		Text: percentile("max")},
	{Key: "response_ns.at_least", CSV: "response_at_least", In: inCSV, About: "Those that fall on a timeout."},
	{Key: "service_ns.p50", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p90", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p99", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p999", Unit: ns, About: aboutService},
	{Key: "service_ns.max", Unit: ns, About: aboutService},
	{Key: "service_ns.at_least", About: aboutService},
	{Key: "lag_ns.p50", In: inCSV, Unit: ns, About: aboutLag},
	{Name: "lag p99", Key: "lag_ns.p99", Unit: ns, In: inOpen | inCSV, About: aboutLag},
	{Name: "requests/s", Key: "throughput_rps", Unit: throughputs, In: inClosed | inResponses | inSuite | inCSV,
		About: aboutThroughput},
	{Key: "reached_share", Unit: shares, About: "Requests that left for each that came, in an open loop."},
	{Key: "overloaded", In: inCSV, About: "Whether too few left for the response times to be the server's own."},
	{Name: "fork tax", Unit: ratios, In: inTimes, About: aboutTax, When: comparesModels, Text: taxText,
		Place: taxPlace("ratio")},
	{Name: "adds", Unit: ns, In: inTimes, About: aboutTax, When: comparesModels, Text: addsText,
		Place: taxPlace("difference")},
	{Name: "× {baseline}", Unit: ratios, In: inSuite, About: "Throughput over the baseline's.", Text: timesBaseline},
	{Name: "CPU", Key: "cpu_ns_per_request", Unit: ns, In: inCosts | inCSV, About: aboutCPU},
	{Name: "CPU a request", Key: "cpu_ns_per_request", Unit: ns, In: inSuite, About: aboutCPU},
	{Name: "in 2002", Unit: ratios, In: inSuite, When: isArticle, Text: publishedText,
		About: "Requests a second in mod_python's manual, and how many times the baseline's that is."},
	{Key: "children_cpu_ns_per_request", Unit: ns, About: "The part of the CPU time that is of child processes."},
	{Name: "of it database", Key: "database_cpu_ns_per_request", Unit: ns, In: inCosts | inCSV, When: hasDatabaseCPU,
		About: "The part of the CPU time that is of the database server."},
	{Key: "cpu_resolution_ns", Unit: ns, About: "Bound on the error of the CPU time of a block, where that is known coarsely."},
	{Key: "usage_reading_ns", Unit: ns, About: "CPU time of a reading of the usage, which is taken off each block."},
	{Key: "generator_cpu_ns_per_request", In: inCSV, Unit: ns, About: aboutGenerator},
	{Name: "processes", Key: "processes_per_request", Unit: perRequest, In: inCosts | inCSV,
		About: "Processes that were started for a request; null if some may not have been seen."},
	{Name: "connections", Key: "connections_per_request", Unit: perRequest, In: inCosts | inCSV,
		About: "Connections to a database or a directory that were opened for a request."},
	{Name: "page faults", Key: "page_faults_per_request", Unit: faults, In: inCosts | inCSV,
		About: "Minor and major page faults of the server and its children."},
	{Name: "peak memory", Key: "peak_memory_bytes", Unit: sizes, In: inCosts | inCSV,
		About: "The highest resident sizes of the serving process and of its largest child, together; of a command, of all " +
			"its processes that live, added up."},
	{Key: "phases", Unit: ns, About: aboutPhases},
	{Name: "response time from", Key: "distribution.from_ns", Unit: ns, In: inBins, About: aboutBins},
	{Key: "distribution.responses", Unit: counts, About: aboutBins},
	{Name: "generator queued", Key: "generator_run_queue_ns_per_request", Unit: ns, In: inResponses | inCSV,
		When: hasQueued, About: aboutQueued},
	{Name: "server queued", Key: "server_run_queue_ns_per_request", Unit: ns, In: inResponses | inCSV,
		When: hasQueued, About: aboutQueued},
	{Key: "throttled_share", In: inCSV, Unit: shares, About: "Time for which the CPU limit of a control group held " +
		"processes up, the CPUs added up, over the time of the blocks."},
}

var comparisonColumns = []column[analysis.Comparison]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Comparison]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "metric", Key: "metric", About: "What is compared."},
	{Name: "candidate over baseline", About: "Whose value is over whose: of models, variants, or a program and the floor.",
		Text: of(func(c analysis.Comparison) string { return c.Candidate + " over " + c.Baseline })},
	{Name: "ratio", Key: "ratio", Unit: ratios, Bounds: true, About: aboutTax},
	{Name: "difference", Key: "difference", Unit: ns, About: aboutTax, Text: of(differenceText)},
	{Name: "pairs", Key: "blocks", Unit: counts, About: "Pairs of blocks that were compared."},
	{Name: "starts", Key: "starts", Unit: counts, About: "Starts of the targets in which the pairs were measured."},
	{Name: "interval", About: "What the interval is over.", Text: of(intervalText)},
	{Name: "MDE", Key: "mde", Unit: shares, About: "The smallest change that the comparison would have found."},
}

// A step of a ladder is all of a row.
type step struct {
	analysis.ReuseLevels
	analysis.Step
	place string
}

var stepColumns = []column[step]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[step]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "renewed", Key: "not_reused", About: aboutSteps},
	{Name: "from", Key: "from", About: aboutSteps},
	{Name: "to", Key: "to", About: aboutSteps},
	{Name: "adds, by the client", Key: "response_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "by the servers", Key: "phases_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "CPU", Key: "cpu_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "agree", Key: "agree", About: "Whether the intervals by the client and by the servers overlap.",
		Text: of(func(s step) string { return map[bool]string{true: "yes", false: "no"}[s.Agree] })},
}

var agreementColumns = []column[analysis.CrossCheck]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.CrossCheck]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "median", Key: "median_ratio", Unit: wholeChanges, About: aboutReferee},
	{Name: "requests/s", Key: "throughput_ratio", Unit: wholeChanges, About: aboutReferee},
	{Name: "{referee} CPU", Key: "cross_check_cpu_ns_per_request", Unit: ns, About: aboutGenerator},
	{Name: "own CPU", Key: "engine_cpu_ns_per_request", Unit: ns, About: aboutGenerator},
	{Name: "why", Key: "reason", About: "What the difference comes from, as far as the numbers show."},
}

var gateColumns = []column[analysis.Gate]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Gate]},
	{Name: "load", Key: "load", About: aboutLoad, Text: of(gateLoad)},
	{Name: "gate", Key: "metric", About: "What the candidate may fail by.", Text: of(gateMetric)},
	{Name: "base", Key: "base", Unit: ratios, About: aboutGates, Text: of(gateBase)},
	{Name: "candidate", Key: "candidate", Unit: ratios, About: aboutGates, Text: of(gateCandidate)},
	{Name: "change", Key: "ratio", Unit: changes, Bounds: true, About: aboutChange},
	{Name: "limit", Key: "margin", Unit: changes, About: aboutLimit, Text: gateLimit, Place: limitPlace},
	{Key: "margin_count", Unit: counts, About: aboutLimit},
	{Name: "verdict", Key: "verdict", About: "pass, regression, inconclusive, or left out."},
}

// decisionColumns have one for each rate at which the share of a core is shown.
func decisionColumns() []column[analysis.Decision] {
	all := []column[analysis.Decision]{
		{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Decision]},
		{Name: "model", Key: "model", About: aboutModel},
		{Name: "a second core from", Key: "core_capacity_rps", Unit: perSecond, About: aboutDecision, Order: 1},
		{Name: "would take away of the tax", About: aboutDecision, Order: 1, Text: of(savingsText)},
	}
	for i, rps := range analysis.DecisionRates {
		all = append(all, column[analysis.Decision]{Name: "at " + units.Rate(rps), Unit: shares, About: aboutDecision,
			Text: of(func(d analysis.Decision) string { return units.Percent(d.CoreShares[i].Cores) })})
	}
	return all
}
