package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func certCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "cert", Short: "Show the certificate that visitors see, and renew it", Long: `Shows the certificate that visitors see, and renews it where it is due.

    foobar cert status
    foobar cert renew

Exit status: that of the verb.`}
	cmd.AddCommand(certStatusCommand(), certRenewCommand())
	return cmd
}

func certStatusCommand() *cobra.Command {
	v := &action.CertStatus{}
	cmd := &cobra.Command{
		Use:   "status [INVENTORY]",
		Short: "Show the certificate that is served, the one on disk, and its renewal; changes nothing",
		Long: `Asks each load balancer for the certificate that visitors see, for the one in HAProxy's
file and for certbot's: names, issuer, days left; when the timer ran last, how that ended,
and when it tries next. What is wrong comes first, each with the command to run next.

    foobar cert status site.toml -o json | jq '.hosts[].served.not_after'

Exit status: 0 healthy, 4 a host was not reached, 8 unhealthy, 64 wrong usage or
inventory. With -o json, one document: {"v": 1, "healthy", "findings", "hosts"}.`,
	}
	addConnection(cmd, &v.Common)
	addPaint(cmd, &v.Paint)
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}

func certRenewCommand() *cobra.Command {
	v, d := &action.CertRenew{}, &display{verbose: 1}
	cmd := &cobra.Command{
		Use:   "renew [INVENTORY]",
		Short: "Have certbot renew the certificate now, where it is due",
		Long: `Does what certbot's timer does twice a day: a certificate that is due is renewed and
handed to HAProxy, which loads it without losing a connection. One that is not due is left
as it is, unless --force is given; authorities limit how often they renew one. --dry-run
tries a renewal (with Let's Encrypt at its staging server) and discards the result.

    foobar cert renew --dry-run
    foobar cert renew site.toml

Exit status: 0 renewed, not due, or the trial succeeded; 1 it failed, 4 the balancer was
not reached, 5 another run holds it, 64 wrong usage or inventory, 130 interrupted. With -o
json, events, one a line: foobar schema events.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.asked(cmd); err != nil {
				return err
			}
			v.Display = action.Display{Show: d.show}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addConnection(cmd, &v.Common)
	addOutput(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&v.What.DryRun, "dry-run", false, "only try it, as certbot's --dry-run")
	fl.BoolVar(&v.What.Force, "force", false, "renew it although it is not due, as certbot's --force-renewal")
	fl.Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}
