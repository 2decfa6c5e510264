package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"forktax/bench"
)

// progress shows how far a run is: a bar on a terminal, a line for each start of the targets elsewhere. It is drawn
// between blocks only; while one is measured nothing moves.
type progress struct {
	to    io.Writer
	bar   *progressbar.ProgressBar // nil if not on a terminal
	group int
}

func newProgress(to io.Writer) *progress {
	p := &progress{to: to, group: -1}
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(to), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(30), progressbar.OptionUseANSICodes(true))
	}
	return p
}

func (p *progress) show(now bench.Progress) {
	if p.bar != nil {
		p.bar.ChangeMax(now.Blocks)
		p.bar.Describe(fmt.Sprintf("%-40.40s", now.Cell))
		p.bar.Set(now.Done)
		return
	}
	if now.Group != p.group {
		p.group = now.Group
		fmt.Fprintf(p.to, "measuring: block %d of %d, targets started %d times\n", now.Done+1, now.Blocks, now.Group+1)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
