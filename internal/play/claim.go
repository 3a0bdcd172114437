package play

// Claim is where a host has the note that a package is foobar's: it was not there when
// foobar first wanted it.
func Claim(pkg string) string { return "/var/lib/foobar/packages/" + pkg + ".agent" }
