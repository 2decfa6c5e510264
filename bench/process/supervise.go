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

// stopMargin is added to the limit of a supervisor, which kills its command after the limit itself.
const stopMargin = 2 * time.Second

// Prefixes of the line in which a supervisor reports how its command ended.
const (
	endedLine      = "ended "      // followed by the exit status
	backgroundLine = "background " // followed by the remaining processes
	killedLine     = "killed "     // followed by the time after which it was killed
)

// A Supervision configures how a command is supervised.
type Supervision struct {
	Forktax string        // path of the forktax command; "": the command is not supervised
	Limit   time.Duration // time for the command and its descendants to stop before they are killed
	Group   string        // directory of the control group, which the supervisor removes if this process dies; or ""
}

// StartSupervised is like Start, for a command that may start daemons. All its descendants are found and ended, in any
// group or session, and its standard input stays open until it is stopped. Supervisors exist only on Linux; on other
// systems StartSupervised is the same as Start.
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

// StopSupervised is like Stop, for a process of StartSupervised. It uses the limit of its supervision.
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

// state describes how the program ended. advised reports whether the text contains advice.
func (p *Process) state() (text string, advised bool) {
	if p.IsSupervised() {
		select { // the supervisor has ended, so its line has arrived
		case line := <-p.firstLine:
			p.firstLine <- line // for the next call
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

// LastLogged returns the end of the program's log, escaped and indented; "" if the log was written elsewhere.
func (p *Process) LastLogged() string {
	if p.log.to != nil {
		return ""
	}
	return foreign.Indented(p.log.last(), "  ")
}

// superviseArgs parses the arguments that StartSupervised passes.
func superviseArgs(args []string) (limit time.Duration, group string, command []string, err error) {
	if len(args) < 3 {
		return 0, "", nil, fmt.Errorf("%s needs a limit, a control group and a command", SuperviseCommand)
	}
	limit, err = time.ParseDuration(args[0])
	return limit, args[1], args[2:], err
}

// supervisedMark returns the environment variable by which the descendants of a supervised command are found if the
// supervisor was killed.
func supervisedMark(supervisor int) string {
	return contract.EnvChild + "=" + strconv.Itoa(supervisor) + ".supervised"
}
