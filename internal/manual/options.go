package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// options writes the flags of a command as manual pages have them, with the word that
// stands for a value. Source: man-pages(7).
func options(b *strings.Builder, cmd *cobra.Command) {
	b.WriteString(".SH OPTIONS\n")
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		word, usage := pflag.UnquoteUsage(f)
		b.WriteString(".TP\n")
		if f.Shorthand != "" {
			fmt.Fprintf(b, `\fB\-%s\fP, `, f.Shorthand)
		}
		fmt.Fprintf(b, `\fB%s\fP`, roff("--"+f.Name))
		if word != "" && f.NoOptDefVal == "" {
			fmt.Fprintf(b, `=\fI%s\fP`, roff(word))
		}
		b.WriteString("\n" + roff(usage) + "\n")
	})
	b.WriteString("\n")
}
