package subject

// Codes of traps that leave clients without a response, or without a connection.
const (
	FewWorkers    = "few-workers"
	ListenBacklog = "listen-backlog"
)

// A Trap is a property of a server or its configuration that makes its measurements misleading.
type Trap struct {
	Code     string `json:"code"`     // such as delayed-ack
	Model    string `json:"model"`    // model, side of a check, or server that has it
	Evidence string `json:"evidence"` // what was observed, with numbers: a sentence without its period
	Advice   string `json:"advice"`   // how to remove it, in the same form
}
