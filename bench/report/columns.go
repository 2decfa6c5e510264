package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// tables is a set of tables of cells. All of them share one list of columns.
type tables uint

const (
	inScreen    tables = 1 << iota // the first screen
	inClosed                       // response times in closed loops
	inOpen                         // response times at a rate
	inResponses                    // response times at all loads, on the page
	inCosts
	inSuite
	inPhases
	inRanks // percentiles of a distribution
	inBins  // bins of a distribution
	inCSV

	inTimes = inClosed | inOpen | inResponses
	inAll   = inScreen | inTimes | inCosts | inSuite | inPhases | inRanks
	onPage  = inOpen | inResponses | inCosts | inPhases | inRanks | inBins
)

// Definitions that columns share.
const (
	aboutRequest = "Workload and request; one name if both are the same."
	aboutLoad    = "Closed loop: number of clients, each of which waits for its response before it sends again. " +
		"Open loop: rate at which requests arrive, independent of the server."
	aboutRanks = "Percentiles of the response time of correct responses: exact nearest ranks over all valid blocks. The " +
		"response time is from the intended send time to the last byte. p50, p90, p99 and p99.9 need at least 6, 36, 368 " +
		"and 3,688 responses: with fewer, all of them lie below the percentile with a probability above 2.5%, so the " +
		"value would be the maximum. ≥ marks a percentile that falls on a request that timed out."
	aboutService    = "Like response_ns, but from the actual send time. Both are equal in a closed loop."
	aboutLag        = "Delay from the intended to the actual send time; null in a closed loop."
	aboutThroughput = "Correct responses per second, over all valid blocks."
	aboutTax        = "Ratio of the median response time to the baseline's, and the difference: Hodges-Lehmann " +
		"estimates over " +
		"pairs of blocks of the same round. The 95% CI is that of the signed-rank test, over pairs or over starts of the " +
		"targets, whichever is wider."
	aboutCPU = "CPU time per request of the server and of the children that it waited for, over all requests of valid " +
		"blocks. It includes the database server's CPU time if known. For a command or a web server that was started, it " +
		"includes all its processes."
	aboutBins = "Number of responses in the percentiles that took at least the start of a bin and less than the start " +
		"of the next bin. A bin is 12.2% wide: 20 bins per factor of ten. Bins without a response are left out."
	aboutSteps = "Added cost of a reuse level over the level above it, which keeps one resource more: difference of the " +
		"medians with its 95% CI, measured by the client; the same from the phases that the servers reported; and " +
		"the difference in CPU time per request."
	aboutGates  = "Medians over the blocks of each side, or the count of one start."
	aboutChange = "Change in cost with its interval: + is worse, also for throughput. A gate fails if the change is " +
		"above the " +
		"limit and fresh starts confirmed it."
	aboutLimit = "Margin of the gate: largest increase that is not a regression, as a share of the base (margin). A " +
		"count " +
		"also has a number (margin_count): an increase is a regression only if it is above both."
	aboutReferee   = "Difference of the cross-check (an independent client) from the load engine."
	aboutGenerator = "CPU time of the load generator per request."
	aboutQueued    = "Time per request for which threads were ready to run and waited for a CPU, summed over " +
		"threads. Children " +
		"that the server starts later, as for CGI, are not included. It is noise from other processes and from the run " +
		"itself; it does not make a block invalid."
	aboutDecision = "From the CPU time per request at the first load: share of a core that requests at a rate use, " +
		"rate above " +
		"which one core is not enough, and how much of the fork tax each measure would remove. A connection pooler removes " +
		"at most the phases connect and close: all of them if it trusts its clients, less or nothing if they " +
		"authenticate to it with SCRAM."
)

// aboutPhases is the definition of the phases, from contract's table.
var aboutPhases = func() string {
	text := "Medians over the responses that report phases."
	for p := range contract.NumPhases {
		text += fmt.Sprintf(" %s: %s.", p, p.About())
	}
	return text + " outside: the rest of the request."
}()

// aboutModel is the definition of the models, from contract's table.
var aboutModel = func() string {
	text := "Execution model: what a program keeps between requests."
	for _, m := range contract.Models {
		text += fmt.Sprintf(" %s: %s.", m.Name, m.About)
	}
	return text + " Variants and external servers have their own names."
}()

// cellColumns are the columns of cells, in the order of the CSV.
var cellColumns = []column[analysis.Cell]{
	{CSV: "run", In: inCSV, About: "Identifier of the run.",
		Text: func(a *analysis.Analysis, _ analysis.Cell) string { return a.Run.ID }},
	{CSV: "incomplete", In: inCSV, About: "Why the run is incomplete; empty if complete.",
		Text: func(a *analysis.Analysis, _ analysis.Cell) string { return a.Run.Condition }},
	{Name: "workload", Key: "workload", In: inCSV, About: "Name of the program, or of the group of a suite."},
	{Name: "request", Key: "request", In: inAll | inCSV, About: aboutRequest, Text: requestOf[analysis.Cell]},
	{Name: "load", Key: "load", In: inAll &^ inOpen, About: aboutLoad},
	{Name: "planned", Key: "load", In: inOpen, About: aboutLoad},
	{Name: "model", Key: "model", In: inAll | inCSV, About: aboutModel},
	{Name: "title", In: inSuite, About: "Description of a contender of a suite.", Text: contenderTitle},
	{Key: "engine", In: inCSV, About: "Load generator."},
	{Key: "load.kind", CSV: "load", In: inCSV, About: "closed or open."},
	{Key: "load.concurrency", CSV: "concurrency", In: inCSV, Unit: counts,
		About: "Number of clients, or maximum number of open connections."},
	{Key: "load.rate_rps", CSV: "rate_rps", In: inCSV, Unit: perSecond, About: "Planned arrivals; 0 in a closed loop."},
	{Key: "load.arrivals", CSV: "arrivals", In: inCSV, About: "Arrival process: poisson, constant or burst:N."},
	{Key: "load.no_reuse", CSV: "connections_anew", In: inCSV, About: "Whether each request opens a new connection."},
	{Key: "load.timeout_ns", Unit: ns, About: "Timeout of a request, if it is not the default."},
	{Key: "blocks", In: inCSV, Unit: counts, About: "Visits to the cell."},
	{Name: "invalid", Key: "invalid_blocks", Unit: counts, In: inCosts | inCSV, Order: 2,
		About: "Blocks excluded from all comparisons: the generator was late or collected garbage, connections were " +
			"dropped, or requests failed.",
		Text: of(func(c analysis.Cell) string { return fmt.Sprintf("%d of %d", c.InvalidBlocks, c.Blocks) })},
	{Key: "invalid", Unit: counts, About: "Invalid blocks by reason; a block may have several."},
	{Key: "requests", In: inCSV, Unit: counts, About: "Number of requests, including failed requests."},
	{Name: "starts by class", Key: "starts", Unit: counts, In: inResponses, When: hasClasses,
		About: "Number of starts of a resident target by the course of their block medians. flat: one level. warming: they " +
			"decrease, then stay at their lowest level. slowing: they end more than 5% above their lowest level. unsteady: " +
			"the last level has less than a quarter of the blocks. too few: fewer than 30 blocks. Levels are found by PELT " +
			"on logarithms, with a penalty of 15 ln n.",
		Text: of(classesText), Place: func(*analysis.Analysis, analysis.Cell) string { return "" }},
	{Name: "errors", Key: "errors", Unit: counts, In: inCosts | inCSV, Order: 1,
		About: "Requests without a correct response. They are excluded from percentiles, except timeouts and requests that " +
			"the end of a block cut off."},
	{Key: "errors_by_class", Unit: counts, About: "Number of errors by kind."},
	{Key: "failures", About: "For each kind of error: number of the first request, unexpected statuses, and first " +
		"line of the first " +
		"unexpected response."},
	{Key: "log", About: "Log lines of the target when requests failed, each kind once."},
	{Name: "reached", Key: "throughput_rps", Unit: perSecond, In: inOpen, About: aboutThroughput},
	{Name: "p50", Key: "response_ns.p50", Unit: ns, In: inAll&^inCosts&^inSuite | inCSV, About: aboutRanks,
		Text: percentile("p50")},
	{Name: "p90", Key: "response_ns.p90", Unit: ns, In: inScreen | inTimes | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p90")},
	{Name: "p99", Key: "response_ns.p99", Unit: ns, In: inScreen | inTimes | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p99")},
	{Name: "p99.9", Key: "response_ns.p999", Unit: ns, In: inTimes&^inClosed | inRanks | inCSV, About: aboutRanks,
		Text: percentile("p999")},
	{Name: "max", Key: "response_ns.max", In: inRanks | inCSV, Unit: ns, About: "The longest response time.",
		Text: percentile("max")},
	{Key: "response_ns.at_least", CSV: "response_at_least", In: inCSV, About: "Percentiles that fall on a timeout."},
	{Key: "service_ns.p50", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p90", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p99", In: inCSV, Unit: ns, About: aboutService},
	{Key: "service_ns.p999", Unit: ns, About: aboutService},
	{Key: "service_ns.max", Unit: ns, About: aboutService},
	{Key: "service_ns.at_least", About: aboutService},
	{Key: "lag_ns.p50", In: inCSV, Unit: ns, About: aboutLag},
	{Name: "lag p99", Key: "lag_ns.p99", Unit: ns, In: inOpen | inCSV, About: aboutLag},
	{Name: "req/s", Key: "throughput_rps", Unit: throughputs, In: inScreen | inClosed | inResponses | inSuite | inCSV,
		About: aboutThroughput},
	{Key: "reached_share", Unit: shares, About: "Completed requests over arrived requests, in an open loop."},
	{Key: "overloaded", In: inCSV,
		About: "Whether too few requests completed for the response times to be the server's own."},
	{Name: "CPU/request", Key: "cpu_ns_per_request", Unit: ns, In: inScreen, About: aboutCPU},
	{Name: "× {baseline} (95% CI)", Unit: ratios, In: inScreen, About: aboutTax, When: comparesModels, Text: taxText,
		Place: taxPlace("ratio")},
	{Name: "fork tax", Unit: ratios, In: inTimes, About: aboutTax, When: comparesModels, Text: taxText,
		Place: taxPlace("ratio")},
	{Name: "× {baseline}", Unit: ratios, In: inSuite, About: "Throughput over the baseline's.", Text: timesBaseline},
	{Name: "CPU", Key: "cpu_ns_per_request", Unit: ns, In: inCosts | inCSV, About: aboutCPU},
	{Name: "CPU/request", Key: "cpu_ns_per_request", Unit: ns, In: inSuite, About: aboutCPU},
	{Name: "in 2002", Unit: ratios, In: inSuite, When: isArticle, Text: publishedText,
		About: "Requests per second in mod_python's manual, and the ratio to the baseline."},
	{Key: "children_cpu_ns_per_request", Unit: ns, About: "Part of the CPU time that child processes used."},
	{Name: "database CPU", Key: "database_cpu_ns_per_request", Unit: ns, In: inCosts | inCSV, When: hasDatabaseCPU,
		About: "Part of the CPU time that the database server used."},
	{Key: "cpu_resolution_ns", Unit: ns,
		About: "Bound on the error of a block's CPU time, where its resolution is coarse."},
	{Key: "usage_reading_ns", Unit: ns, About: "CPU time of reading the usage, which is subtracted from each block."},
	{Key: "generator_cpu_ns_per_request", In: inCSV, Unit: ns, About: aboutGenerator},
	{Name: "processes", Key: "processes_per_request", Unit: perRequest, In: inCosts | inCSV,
		About: "Processes started per request; null if some may have been missed."},
	{Name: "connections", Key: "connections_per_request", Unit: perRequest, In: inCosts | inCSV,
		About: "Connections to a database or an LDAP directory opened per request."},
	{Name: "page faults", Key: "page_faults_per_request", Unit: faults, In: inCosts | inCSV,
		About: "Minor and major page faults per request of the server and its children."},
	{Name: "peak memory", Key: "peak_memory_bytes", Unit: sizes, In: inCosts | inCSV,
		About: "Sum of the peak resident sizes of the serving process and of its largest child, or of all its workers. " +
			"For a command, sum over all its live processes."},
	{Key: "phases", Unit: ns, About: aboutPhases},
	{Name: "response time from", Key: "distribution.from_ns", Unit: ns, In: inBins, About: aboutBins},
	{Key: "distribution.responses", Unit: counts, About: aboutBins},
	{Name: "generator queued", Key: "generator_run_queue_ns_per_request", Unit: ns, In: inResponses | inCSV,
		When: hasQueued, About: aboutQueued},
	{Name: "server queued", Key: "server_run_queue_ns_per_request", Unit: ns, In: inResponses | inCSV,
		When: hasQueued, About: aboutQueued},
	{Key: "throttled_share", In: inCSV, Unit: shares, About: "Time for which the CPU limit of a cgroup " +
		"throttled processes, summed over CPUs, over the duration of the blocks."},
}

var comparisonColumns = []column[analysis.Comparison]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Comparison]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "metric", Key: "metric", About: aboutMetric},
	{Name: "candidate over baseline", About: "Numerator and denominator: models, variants, or a program and the floor.",
		Text: of(func(c analysis.Comparison) string { return c.Candidate + " over " + c.Baseline })},
	{Name: "ratio", Key: "ratio", Unit: ratios, Bounds: true, About: aboutTax},
	{Name: "difference", Key: "difference", Unit: ns, About: aboutTax, Text: of(differenceText)},
	{Name: "pairs", Key: "blocks", Unit: counts, About: "Pairs of blocks that were compared."},
	{Name: "starts", Key: "starts", Unit: counts, About: "Starts of the targets in which the pairs were measured."},
	{Name: "interval", About: "Unit of the interval: pairs or starts.", Text: of(intervalText)},
	{Name: "MDE", Key: "mde", Unit: shares,
		About: "Minimum detectable effect: smallest change that the comparison would have found."},
}

// A step is a row of the table of reuse levels.
type step struct {
	analysis.ReuseLevels
	analysis.Step
	place string
}

var stepColumns = []column[step]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[step]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "not reused", Key: "not_reused", About: aboutSteps},
	{Name: "from", Key: "from", About: aboutSteps},
	{Name: "to", Key: "to", About: aboutSteps},
	{Name: "added, client", Key: "response_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "added, server", Key: "phases_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "CPU", Key: "cpu_ns.value", Unit: ns, Bounds: true, About: aboutSteps},
	{Name: "agree", Key: "agree", About: "Whether the intervals of the client and of the server overlap.",
		Text: of(func(s step) string { return map[bool]string{true: "yes", false: "no"}[s.Agree] })},
}

var agreementColumns = []column[analysis.CrossCheck]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.CrossCheck]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "median", Key: "median_ratio", Unit: wholeChanges, About: aboutReferee},
	{Name: "req/s", Key: "throughput_ratio", Unit: wholeChanges, About: aboutReferee},
	{Name: "{cross-check} CPU", Key: "cross_check_cpu_ns_per_request", Unit: ns, About: aboutGenerator},
	{Name: "own CPU", Key: "engine_cpu_ns_per_request", Unit: ns, About: aboutGenerator},
	{Name: "reason", Key: "reason", About: "Cause of the difference, as far as the numbers show."},
}

var sharingColumns = []column[analysis.Sharing]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Sharing]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "metric", Key: "metric", About: aboutMetric},
	{Name: "shared over own", Key: "ratio", Unit: ratios, Bounds: true, About: aboutSharing},
	{Name: "pairs of starts", Key: "pairs", Unit: counts,
		About: "Pairs of starts of the targets, one with cores of their own and one without."},
}

const (
	aboutMetric  = "The compared metric."
	aboutSharing = "Ratio of the metric when the load generator and the target share cores, over the same when each has " +
		"its own: Hodges-Lehmann estimate and signed-rank interval over pairs of starts, from six pairs on."
)

var gateColumns = []column[analysis.Gate]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Gate]},
	{Name: "load", Key: "load", About: aboutLoad, Text: of(gateLoad)},
	{Name: "gate", Key: "metric", About: "Metric or count that has a limit.", Text: of(gateMetric)},
	{Name: "base", Key: "base", Unit: ratios, About: aboutGates, Text: of(gateBase)},
	{Name: "candidate", Key: "candidate", Unit: ratios, About: aboutGates, Text: of(gateCandidate)},
	{Name: "change", Key: "ratio", Unit: changes, Bounds: true, About: aboutChange},
	{Name: "limit", Key: "margin", Unit: changes, About: aboutLimit, Text: gateLimit, Place: limitPlace},
	{Key: "margin_count", Unit: counts, About: aboutLimit},
	{Name: "verdict", Key: "verdict", About: "pass, regression, unconfirmed, inconclusive, not bounded, or left out."},
}

// decisionColumns returns the columns of decisions, including one for each rate at which the share of a core is shown.
func decisionColumns() []column[analysis.Decision] {
	all := []column[analysis.Decision]{
		{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Decision]},
		{Name: "model", Key: "model", About: aboutModel},
		{Name: "one core up to", Key: "core_capacity_rps", Unit: perSecond, About: aboutDecision, Order: 1},
		{Name: "savings of the fork tax", About: aboutDecision, Order: 1, Text: of(savingsText)},
	}
	for i, rps := range analysis.DecisionRates {
		all = append(all, column[analysis.Decision]{Name: "at " + units.Rate(rps), Unit: shares, About: aboutDecision,
			Text: of(func(d analysis.Decision) string { return units.Percent(d.CoreShares[i].Cores) })})
	}
	return all
}
