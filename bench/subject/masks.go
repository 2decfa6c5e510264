package subject

import (
	"bytes"
	"fmt"
	"regexp"
)

// Masks match the text that differs between responses by nature: a nonce, the time, the server's own port.
type Masks []*regexp.Regexp

// NewMasks compiles regular expressions in RE2's syntax.
func NewMasks(expressions []string) (Masks, error) {
	var masks Masks
	for _, expression := range expressions {
		mask, err := regexp.Compile(expression)
		if err != nil {
			return nil, fmt.Errorf("mask %q: %w", expression, err)
		}
		masks = append(masks, mask)
	}
	return masks, nil
}

// Apply returns text without the matches of the masks, applied in order. It does not change text.
func (m Masks) Apply(text []byte) []byte {
	for _, mask := range m {
		text = mask.ReplaceAll(text, nil)
	}
	return text
}

// HideAll reports whether the masks leave only white space of a text that has more.
func (m Masks) HideAll(text []byte) bool {
	return len(bytes.TrimSpace(text)) > 0 && len(bytes.TrimSpace(m.Apply(text))) == 0
}
