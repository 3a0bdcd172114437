package event

// RunRecorded opens the record of a run and says what its events do not. It is
// only in records, before RunStarted, with the number 0.
type RunRecorded struct {
	ID        string   `json:"id"`             // of the run: its beginning in UTC and a random end
	By        string   `json:"by"`             // user@machine of who gave the command
	From      string   `json:"from,omitempty"` // address that user had logged in to the machine from
	PID       int      `json:"pid,omitempty"`
	Foobar    string   `json:"foobar"` // version
	Verb      string   `json:"verb"`   // as given: deploy, db switchover
	Site      string   `json:"site"`
	Domain    string   `json:"domain"`
	Inventory string   `json:"inventory"`       // absolute path
	Limit     []string `json:"limit,omitempty"` // hosts of --limit; none means all
	Roles     []string `json:"roles,omitempty"` // of --parts; none means all
}

// Type names the event in the JSON form.
func (RunRecorded) Type() string { return "run_recorded" }
