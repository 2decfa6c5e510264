package subject_test

import (
	"errors"
	"strings"
	"testing"

	"forktax/bench/subject"
)

// An invalid address is an OptionError; a port that is in use is another error.
func TestListen(t *testing.T) {
	l, err := subject.Listen("listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	taken := l.Addr().String()
	for address, test := range map[string]struct {
		want  string
		usage bool
	}{
		taken:             {"--listen " + taken + ": address already in use; use another port", false},
		"8080":            {`--listen "8080": must be host:port`, true},
		"127.0.0.1:99999": {"--listen 127.0.0.1:99999: address 99999: invalid port", true},
		"127.0.0.1:http?": {"--listen 127.0.0.1:http?: ", true},
		"192.0.2.1:0":     {"--listen 192.0.2.1:0: this machine does not have that address", true}, // RFC 5737
	} {
		l, err := subject.Listen("listen", address)
		if err == nil {
			l.Close()
		}
		var usage *subject.OptionError
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, &usage) != test.usage ||
			strings.Contains(err.Error(), "listen tcp") {
			t.Errorf("Listen(%q) = %v, want %q, as an OptionError: %t", address, err, test.want, test.usage)
		}
	}
}
