// Package ask is how a host is asked, and what becomes of its answer: bounds
// for all that it says, and the one way to make a text of it fit to be shown.
package ask
