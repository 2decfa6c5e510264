package explain

var (
	ParseAnswer = parseAnswer
	Shebang     = shebang
)

// Expanded spells a command out: its words, and what they are with options for the interpreter.
func (c Command) Expanded(options ...string) (words, given []string, ok bool) {
	i, ok := c.interpreted()
	if !ok {
		return nil, nil, false
	}
	return i.words, i.given(options...), true
}
