package subject

// Codes of traps that leave clients without a response, or without a connection.
const (
	FewWorkers    = "few-workers"
	ListenBacklog = "listen-backlog"
)

// A Trap is a property of what is measured, or of how it is served, that makes its numbers say something else than they
// seem to.
type Trap struct {
	Code     string `json:"code"`     // such as delayed-ack
	Model    string `json:"model"`    // or the side of a check, or the server, that has it
	Evidence string `json:"evidence"` // what was seen, with numbers: a sentence without its full stop
	Advice   string `json:"advice"`   // how to remove it, likewise
}
