package process

import (
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// SuperviseCommand is the (hidden) command of forktax that calls Supervise.
const SuperviseCommand = "supervise"

// stopMargin is how much later than its supervisor a command is killed that does not end when it is asked to.
const stopMargin = 2 * time.Second

// How a supervisor begins the line in which it says how its command ended.
const (
	endedLine      = "ended "      // and how
	backgroundLine = "background " // and what it left
	killedLine     = "killed "     // after how long
)

// A Supervision says how a command is supervised.
type Supervision struct {
	Forktax string        // path of the forktax command; "": the command is not supervised
	Limit   time.Duration // for the command and all that it started to end when they are asked to
	Group   string        // directory of the control group, which the supervisor removes if this process dies; or ""
}

// StartSupervised is Start of a command that may go anywhere: what it starts is found and ended, whichever group or
// session it is in, and its standard input is open until it is to end. Where there are no supervisors, which is
// on other systems than Linux, it is Start.
func StartSupervised(s Supervision, cmd *exec.Cmd, log io.Writer, startFunc func(start func() error) error) (*Process,
	error) {
	if !canSupervise || s.Forktax == "" {
		return Start(cmd, log, startFunc)
	}
	cmd.Args = append([]string{s.Forktax, SuperviseCommand, s.Limit.String(), s.Group, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = s.Forktax
	return Start(cmd, log, startFunc)
}

// IsSupervised reports whether the process is a supervisor.
func (p *Process) IsSupervised() bool {
	return len(p.cmd.Args) > 1 && p.cmd.Args[1] == SuperviseCommand
}

// StopSupervised is Stop for what StartSupervised started, with the limit of its supervision.
func (p *Process) StopSupervised(limit time.Duration, atOnce <-chan struct{}) error {
	if !p.IsSupervised() {
		return p.Stop(limit, atOnce)
	}
	err := p.Stop(limit+stopMargin, atOnce)
	select {
	case line := <-p.firstLine:
		if strings.HasPrefix(line, killedLine) && err == nil && !IsClosed(atOnce) {
			err = &KilledError{p.cmd.Args[len(p.cmd.Args)-1], limit}
		}
	default:
	}
	return err
}

// state says how the program ended, and reports whether it says what to do.
func (p *Process) state() (text string, advised bool) {
	if p.IsSupervised() {
		select { // all that a supervisor printed is here when it has ended
		case line := <-p.firstLine:
			p.firstLine <- line // for the next one who asks
			if how, is := strings.CutPrefix(line, endedLine); is {
				return fmt.Sprintf("it ended (%s)", how), false
			}
			if left, is := strings.CutPrefix(line, backgroundLine); is {
				return fmt.Sprintf("it went to the background: it ended (exit status 0) and left %s, which forktax ended; "+
					"start the server in the foreground", left), true
			}
		default:
		}
	}
	return fmt.Sprintf("it ended (%s)", p.cmd.ProcessState), false
}

// LastLogged returns the end of what the program logged, as it is shown; "" if the log went elsewhere.
func (p *Process) LastLogged() string {
	if p.log.to != nil {
		return ""
	}
	return foreign.Indented(p.log.last(), "  ")
}

// superviseArgs reads the arguments that StartSupervised passes.
func superviseArgs(args []string) (limit time.Duration, group string, command []string, err error) {
	if len(args) < 3 {
		return 0, "", nil, fmt.Errorf("a limit, a control group and a command are needed")
	}
	limit, err = time.ParseDuration(args[0])
	return limit, args[1], args[2:], err
}

// supervisedMark is the variable by which what a supervised command left is found if its supervisor was killed.
func supervisedMark(supervisor int) string {
	return contract.EnvChild + "=" + strconv.Itoa(supervisor) + ".supervised"
}
