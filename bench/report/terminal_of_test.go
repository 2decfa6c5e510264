package report

import "testing"

func TestDrawnBy(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want Terminal
	}{
		"usual": {map[string]string{"LANG": "en_US.UTF-8", "TERM": "xterm-256color"},
			Terminal{Width: 90, Colour: true}},
		"no colours": {map[string]string{"LANG": "C.utf8", "TERM": "xterm", "NO_COLOR": "1"},
			Terminal{Width: 90}},
		"no locale": {map[string]string{"TERM": "xterm"}, Terminal{Width: 90, ASCII: true, Colour: true}},
		"overruled": {map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C", "TERM": "xterm"},
			Terminal{Width: 90, ASCII: true, Colour: true}},
		"Linux's console": {map[string]string{"LANG": "C.UTF-8", "TERM": "linux"},
			Terminal{Width: 90, ASCII: true, Colour: true}},
		"dumb": {map[string]string{"LANG": "C.UTF-8", "TERM": "dumb"}, Terminal{Width: 90, ASCII: true}},
	} {
		if got := drawnBy(90, func(v string) string { return test.env[v] }); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}
