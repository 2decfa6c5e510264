package explain

import (
	"net"
	"regexp"
	"time"
)

// A connection is a connection that an image opened.
type connection struct {
	network string // tcp or unix, as in net.Dial
	address string
	late    bool
}

// The formats of addresses in strace's output.
var (
	toTCP  = regexp.MustCompile(`sin6?_port=htons\((\d+)\).*inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"`)
	toUnix = regexp.MustCompile(`sun_path=(@?)"((?:[^"\\]|\\.)*)"`)
)

// connect records a connection, including one still in progress. A connection to a Unix socket that does not exist
// counts as a missing file.
func (i *image) connect(c call, late bool) {
	to := connection{late: late}
	if m := toUnix.FindStringSubmatch(c.args); m != nil {
		to.network, to.address = "unix", m[1]+unquote(m[2])
	} else if m := toTCP.FindStringSubmatch(c.args); m != nil {
		to.network, to.address = "tcp", net.JoinHostPort(m[2], m[1])
	}
	switch {
	case to.network == "":
	case c.errno == "" || c.errno == "EINPROGRESS":
		i.connections = append(i.connections, to)
	case to.network == "unix" && missing(c.errno):
		i.miss(to.address, late)
	}
}

// dialLimit is the connection timeout, for a server that does not respond.
const dialLimit = time.Second

// replay measures opening the connection, without sending anything. The cost of the program's own traffic comes on top.
func (c connection) replay() (time.Duration, bool) {
	var took []time.Duration
	for range replays {
		began := time.Now()
		conn, err := net.DialTimeout(c.network, c.address, dialLimit)
		if err != nil { // the server may accept slowly, and its backlog may be full
			break
		}
		took = append(took, time.Since(began))
		conn.Close()
	}
	return median(took), len(took) > 0
}
