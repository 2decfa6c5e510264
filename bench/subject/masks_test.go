package subject_test

import (
	"testing"

	"forktax/bench/subject"
)

func TestMasks(t *testing.T) {
	masks, err := subject.NewMasks([]string{`nonce-\w+`, `127\.0\.0\.1:\d+`})
	if err != nil {
		t.Fatal(err)
	}
	text := "script nonce-a1b2 at http://127.0.0.1:8080/, nonce-c3"
	if got, want := string(masks.Apply([]byte(text))), "script  at http:///, "; got != want {
		t.Errorf("Apply(%q) = %q, want %q", text, got, want)
	}
	if got := string(subject.Masks(nil).Apply([]byte(text))); got != text {
		t.Errorf("Apply without masks = %q, want %q", got, text)
	}
	if _, err := subject.NewMasks([]string{"a", "("}); err == nil {
		t.Error(`NewMasks("a", "(") = nil, want an error`)
	}
}

func TestMasksThatHideAll(t *testing.T) {
	for name, test := range map[string]struct {
		expressions []string
		text        string
		want        bool
	}{
		"no mask":             {nil, "hello", false},
		"all of a line":       {[]string{".*"}, "hello", true},
		"all but line ends":   {[]string{".*"}, "hello\nagain\n", true},
		"together":            {[]string{"[a-z]+", "[0-9]+"}, "abc 123", true},
		"a part":              {[]string{"[0-9]+"}, "abc 123", false},
		"of nothing":          {[]string{".*"}, "", false},
		"of blanks, and more": {[]string{".*"}, " \n", false},
	} {
		masks, err := subject.NewMasks(test.expressions)
		if err != nil {
			t.Fatal(err)
		}
		if got := masks.HideAll([]byte(test.text)); got != test.want {
			t.Errorf("%s: HideAll(%q) = %t, want %t", name, test.text, got, test.want)
		}
	}
}
