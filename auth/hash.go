package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/tg123/go-htpasswd"
)

// The most that a hash may cost, which is a second or two of a CPU: each request without the right password costs as
// much.
const (
	maxBcryptCost = 14
	maxSHARounds  = 1_000_000
)

// A hashFormat is one of the formats of htpasswd. Its first group, if it has one, is the number that decides the cost.
type hashFormat struct {
	format *regexp.Regexp
	parse  htpasswd.PasswdParser
	cost   string // what that number is called
	least  int
	most   int
}

// hashFormats are those of htpasswd and openssl passwd, but for plain text. The parsers take more, and some of it makes
// them panic when a password is compared.
var hashFormats = []hashFormat{
	{format: regexp.MustCompile(`^\$2[abxy]\$(\d\d)\$[./0-9A-Za-z]{53}$`), parse: htpasswd.AcceptBcrypt,
		cost: "the cost of bcrypt", least: 4, most: maxBcryptCost},
	{format: regexp.MustCompile(`^\$(?:apr1|1)\$[^$]{0,8}\$[./0-9A-Za-z]{22}$`), parse: htpasswd.AcceptMd5},
	{format: regexp.MustCompile(`^\{SHA\}`), parse: htpasswd.AcceptSha},
	{format: regexp.MustCompile(`^\{SSHA\}`), parse: htpasswd.AcceptSsha},
	{format: regexp.MustCompile(`^\$5\$(?:rounds=([1-9]\d{0,8})\$)?[^$]{1,16}\$[./0-9A-Za-z]{43}$`),
		parse: htpasswd.AcceptCryptSha, cost: "the number of rounds of SHA-256", least: 1000, most: maxSHARounds},
	{format: regexp.MustCompile(`^\$6\$(?:rounds=([1-9]\d{0,8})\$)?[^$]{1,16}\$[./0-9A-Za-z]{86}$`),
		parse: htpasswd.AcceptCryptSha, cost: "the number of rounds of SHA-512", least: 1000, most: maxSHARounds},
}

// errNoHash is returned for text that is not a hash. What it is must not be shown: it may be a password.
var errNoHash = errors.New("the password is in no format that is known: want bcrypt, MD5 (apr1), SHA-1, SHA-256 or " +
	"SHA-512, as htpasswd makes them; text that is not hashed is not taken")

// parseHash parses a hash whose cost is within bounds. Its errors have nothing of the text but the number of the cost.
func parseHash(text string) (htpasswd.EncodedPasswd, error) {
	for _, f := range hashFormats {
		found := f.format.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		if len(found) > 1 && found[1] != "" {
			if n, err := strconv.Atoi(found[1]); err != nil || n < f.least || n > f.most {
				return nil,
					fmt.Errorf("%s is %s: from %d to %d is possible, so that a request takes no longer than seconds",
						f.cost,
						found[1], f.least, f.most)
			}
		}
		if hash, err := f.parse(text); err == nil && hash != nil {
			return hash, nil
		}
		break
	}
	return nil, errNoHash
}
