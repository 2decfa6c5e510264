package record

import (
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// The head of a record contains its plan. These are its types, so that readers of records need no other package.
type (
	Plan            = plan.Plan
	Cell            = plan.Cell
	Load            = plan.Load
	ObjectiveStatus = plan.ObjectiveStatus
	Objective       = plan.Objective
	Variant         = subject.Variant
	Trap            = subject.Trap
	SuiteInfo       = plan.SuiteInfo
	Lost            = plan.Lost
	Contender       = plan.Contender
	TargetName      = plan.TargetName
	Server          = plan.Server
	CheckSpec       = plan.CheckSpec
	Margin          = plan.Margin
	StoredBaseline  = plan.StoredBaseline
	StoredRatio     = plan.StoredRatio
	LeftOut         = plan.LeftOut
	StartCount      = plan.StartCount
)

// Kinds of load, names used in plans, and the status of an objective in a block.
const (
	Closed = plan.Closed
	Open   = plan.Open

	ExternalWorkload = subject.ExternalWorkload

	FewWorkers    = subject.FewWorkers
	ListenBacklog = subject.ListenBacklog

	Unclear = plan.Unclear
	Met     = plan.Met
	Missed  = plan.Missed
	Failed  = plan.Failed
)

// RequestName returns the display name of a request of a workload.
func RequestName(workload, request string) string { return subject.RequestName(workload, request) }

// Models of a plan, by which resources they reuse.
var (
	Baseline       = plan.Baseline
	Fresh          = plan.Fresh
	Levels         = plan.Levels
	IsIntermediate = plan.IsIntermediate
)
