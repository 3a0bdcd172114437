package sh

import "strings"

// EnvValue quotes a value as systemd reads it from an EnvironmentFile=, and a shell
// too. Source: systemd.exec(5).
func EnvValue(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`).Replace(v) + `"`
}
