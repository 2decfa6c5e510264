package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"forktax/bench/subject"
	"forktax/bench/suite"
)

// aboutSuites lists the suites for people.
func aboutSuites() string {
	var lines []string
	for _, s := range suite.All {
		lines = append(lines, fmt.Sprintf("  %-10s %s", s.Name, s.About))
	}
	return strings.Join(lines, "\n")
}

// measureSuite makes the run of a suite.
func (m measurement) measureSuite(ctx context.Context) error {
	s, _ := suite.Find(m.Suite)
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for the suite: %w", err)
	}
	defer os.RemoveAll(dir)
	lineup, err := s.LineUp(ctx, subject.NewFinder(m.stderr), dir)
	if err != nil {
		return err
	}
	for _, missing := range lineup.Missing {
		fmt.Fprintf(m.stderr, "left out: %v\n", missing)
	}
	if len(lineup.Missing) > 0 && m.All {
		return fmt.Errorf("--%s: %w", requireAll, errors.Join(lineup.Missing...))
	}
	m.launcher.Programs, m.launcher.Foreign, m.launcher.Seed = lineup.Programs, lineup.Foreign, m.Seed
	return m.execute(ctx, s.Plan(m.Options, lineup))
}
