package engine

import "testing"

// TestHealthAnswerIsTold: of a service that does not become ready the answer to its health
// question is told, beside the exception that its log ends with.
func TestHealthAnswerIsTold(t *testing.T) {
	const answer = "app.service did not become ready: GET /healthz answered 404"
	for log, want := range map[string]string{
		"":                        "t: exit status 103: " + answer,
		"one\ntwo\nthree\nfour\n": "t: exit status 103: " + answer + " | two | three | four",
		"Traceback (most recent call last):\n  File x\nKeyError: 'X'\n": "t: exit status 103: " + answer + " | KeyError: 'X'",
	} {
		if got := classify("t: ", "service", 103, answer+"\n"+log); got.Error() != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
	trace := classify("t: ", "service", 103, answer+"\nTraceback (most recent call last):\n  File x\nKeyError: 'X'\n")
	if got := inShort(trace); got != "t: "+answer+" | KeyError: 'X'" {
		t.Errorf("in short it says %q", got)
	}
}
