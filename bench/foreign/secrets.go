package foreign

import "strings"

// secrets are the names of headers whose values are never shown.
var secrets = []string{"set-cookie", "proxy-authorization", "authorization", "cookie"}

// IsSecret reports whether the value of the header is never shown.
func IsSecret(name string) bool {
	for _, secret := range secrets {
		if strings.EqualFold(name, secret) {
			return true
		}
	}
	return false
}

// WithoutSecrets returns a log line without the value of a secret header. Such lines are error messages of a host or a
// client that cannot parse a header.
func WithoutSecrets(line string) string {
	lower := lowered(line)
	for _, name := range secrets {
		at := strings.Index(lower, name)
		if at < 0 {
			continue
		}
		end := at + len(name)
		rest := strings.TrimLeft(line[end:], " \t\"'")
		unread := strings.Contains(lower[:at], "header line") || strings.Contains(lower[:at], "missing colon") ||
			strings.TrimSpace(line[:at]) == ""
		if rest != "" && (unread || strings.ContainsRune(":=", rune(rest[0])) || strings.HasPrefix(rest, "has the value")) {
			return line[:end] + " …"
		}
	}
	return line
}

// lowered returns text with the letters A to Z in lower case. Unlike that of strings.ToLower, the result is always as
// long as text, also if that is not UTF-8, so indexes are valid in both.
func lowered(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] += 'a' - 'A'
		}
	}
	return string(lower)
}
