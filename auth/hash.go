package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/tg123/go-htpasswd"
)

// Limits of the cost of a hash. They correspond to 1 or 2 s of CPU time, which each request with a wrong password
// takes.
const (
	maxBcryptCost = 14
	maxSHARounds  = 1_000_000
)

// A hashFormat is a format of password hashes.
type hashFormat struct {
	format *regexp.Regexp // its first group, if any, is the cost
	parse  htpasswd.PasswdParser
	cost   string // name of the cost, for errors
	least  int    // smallest cost
	most   int    // largest cost
}

// hashFormats are the formats of htpasswd and openssl passwd, except plain text. The expressions are stricter than the
// parsers, which accept hashes that make a comparison panic.
var hashFormats = []hashFormat{
	{format: regexp.MustCompile(`^\$2[abxy]\$(\d\d)\$[./0-9A-Za-z]{53}$`), parse: htpasswd.AcceptBcrypt,
		cost: "bcrypt cost", least: 4, most: maxBcryptCost},
	{format: regexp.MustCompile(`^\$(?:apr1|1)\$[^$]{0,8}\$[./0-9A-Za-z]{22}$`), parse: htpasswd.AcceptMd5},
	{format: regexp.MustCompile(`^\{SHA\}`), parse: htpasswd.AcceptSha},
	{format: regexp.MustCompile(`^\{SSHA\}`), parse: htpasswd.AcceptSsha},
	{format: regexp.MustCompile(`^\$5\$(?:rounds=([1-9]\d{0,8})\$)?[^$]{1,16}\$[./0-9A-Za-z]{43}$`),
		parse: htpasswd.AcceptCryptSha, cost: "SHA-256 rounds", least: 1000, most: maxSHARounds},
	{format: regexp.MustCompile(`^\$6\$(?:rounds=([1-9]\d{0,8})\$)?[^$]{1,16}\$[./0-9A-Za-z]{86}$`),
		parse: htpasswd.AcceptCryptSha, cost: "SHA-512 rounds", least: 1000, most: maxSHARounds},
}

// errNoHash is returned for text that is not a hash. It does not contain the text, which may be a password.
var errNoHash = errors.New("unknown password format: want a bcrypt, MD5 (apr1), SHA-1, SHA-256 or SHA-512 hash, " +
	"as made by htpasswd; plain text is not supported")

// parseHash parses a hash whose cost is within its limits. Its errors contain nothing of the text except the cost.
func parseHash(text string) (htpasswd.EncodedPasswd, error) {
	for _, f := range hashFormats {
		found := f.format.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		if len(found) > 1 && found[1] != "" {
			if n, err := strconv.Atoi(found[1]); err != nil || n < f.least || n > f.most {
				return nil, fmt.Errorf("%s %s: must be from %d to %d; a higher cost would make requests take seconds",
					f.cost, found[1], f.least, f.most)
			}
		}
		if hash, err := f.parse(text); err == nil && hash != nil {
			return hash, nil
		}
		break
	}
	return nil, errNoHash
}
