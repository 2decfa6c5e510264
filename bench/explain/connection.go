package explain

import (
	"net"
	"regexp"
	"time"
)

// A connection is one that an image made.
type connection struct {
	network string // as net.Dial has it: tcp or unix
	address string
	late    bool
}

// Addresses, as strace prints them.
var (
	toTCP  = regexp.MustCompile(`sin6?_port=htons\((\d+)\).*inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"`)
	toUnix = regexp.MustCompile(`sun_path=(@?)"((?:[^"\\]|\\.)*)"`)
)

// connect counts a connection, also one that is still on its way. One to a socket that is not there is a look in vain.
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

// dialLimit is for a server that does not answer.
const dialLimit = time.Second

// replay makes the connection, and says nothing on it. What the program says on it comes on top. A name server, to
// which one connects without a packet, is left alone.
func (c connection) replay() (time.Duration, bool) {
	if _, port, err := net.SplitHostPort(c.address); c.network == "tcp" && (err != nil || port == "53") {
		return 0, false
	}
	var took []time.Duration
	for range replays {
		began := time.Now()
		conn, err := net.DialTimeout(c.network, c.address, dialLimit)
		if err != nil { // it may be slow to take them, and have had enough
			break
		}
		took = append(took, time.Since(began))
		conn.Close()
	}
	return median(took), len(took) > 0
}
