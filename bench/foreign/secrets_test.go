package foreign_test

import (
	"testing"

	"forktax/bench/foreign"
)

func TestWithoutSecrets(t *testing.T) {
	for line, want := range map[string]string{
		`its header Set-Cookie has the value "sid=1\x01"`:        "its header Set-Cookie …",
		"bogus header line: Set-Cookie sid=1":                    "bogus header line: Set-Cookie …",
		`malformed MIME header: missing colon: "cookie sid=1"`:   `malformed MIME header: missing colon: "cookie …`,
		"Set-Cookie: sid=1":                                      "Set-Cookie …",
		"set-cookie sid=1":                                       "set-cookie …",
		"the Authorization: Basic c2VjcmV0 is wrong":             "the Authorization …",
		"no cookie was found, authorization failed for the user": "no cookie was found, authorization failed for the user",
		"its header X-A has the value 1":                         "its header X-A has the value 1",
		"Cookie":                                                 "Cookie",
		"\xe9\xe9\xe9cookie":                                     "\xe9\xe9\xe9cookie",
		"\xe9\xe9\xe9Cookie: sid=1":                              "\xe9\xe9\xe9Cookie …",
		"ȺȺȺ Authorization: Basic c2VjcmV0":                      "ȺȺȺ Authorization …",
		"":                                                       "",
	} {
		if got := foreign.WithoutSecrets(line); got != want {
			t.Errorf("WithoutSecrets(%q) = %q, want %q", line, got, want)
		}
	}
}
