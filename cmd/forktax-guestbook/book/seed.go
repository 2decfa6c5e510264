package book

import (
	"fmt"
	"time"
)

// Sizes of a guestbook, which do not change.
const (
	Seeded  = 10_000 // approved entries
	Waiting = 100    // signed entries that wait for approval; a new one replaces the oldest
)

// firstSigned is one hour before entry 1, on the day of the CGI 1.1 specification. Entries are one hour apart.
var firstSigned = time.Date(1995, time.November, 6, 12, 0, 0, 0, time.UTC)

var (
	names = []string{"Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Ken", "Radia", "Niklaus", "Margaret",
		"Tony", "Karen", "Dennis"}
	openings = []string{"What a lovely place", "I came by train", "We stayed for a week", "The walk up is steep",
		"My grandmother signed here before me", "Rain all day", "Found it at last"}
	middles = []string{"and the view is worth it", "& the soup was <excellent>", "but nobody was at the desk",
		"and the cat remembers me", "so we shall be back", "though the bus was late", "and it was still open",
		"and the bells woke us", "which I had not expected", "as the guide had promised", "and we danced"}
	endings = []string{"Thank you!", "Until next year.", "Greetings to all who read this.", "Do try the cake.",
		"\"Here be dragons\", said the map."}
)

// Seed returns entry number id. The lengths of the lists are coprime, so that neighbouring entries differ.
func Seed(id int64) Entry {
	return Entry{
		ID:   id,
		Name: names[id%int64(len(names))],
		Message: fmt.Sprintf("%s, %s. %s", openings[id%int64(len(openings))], middles[id%int64(len(middles))],
			endings[id%int64(len(endings))]),
		Signed: firstSigned.Add(time.Duration(id) * time.Hour),
	}
}
