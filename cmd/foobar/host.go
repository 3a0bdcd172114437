package main

import (
	"errors"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func hostCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "host",
		Short: "Take a web server out of the balancer's rotation, and put it back",
		Long: `A drained server gets no requests until it is put back: over deploys, reloads of the
balancer and reboots. foobar status says who drained it and when.

    foobar host drain web2
    foobar host undrain web2

Exit status: that of the verb.`,
	}
	cmd.AddCommand(hostDrainCommand(), hostUndrainCommand())
	return cmd
}

func hostDrainCommand() *cobra.Command {
	v, d := &action.HostRotation{}, &display{}
	cmd := &cobra.Command{
		Use:   "drain [INVENTORY] HOST",
		Short: "Send a web server no more requests, and wait until it has answered those it has",
		Long: `Tells the balancer to send the server nothing more, and waits until its sessions have
ended. Then you can work on the server or reboot it: deploys leave it out, and say so. Its
app and its database keep running. The last server that is up is not drained without
--force.

    foobar host drain web2
    foobar host drain site.toml web2 --wait 10m

Exit status: 0 drained, now or before; 1 sessions have not ended in time, or it was
refused; 4 the balancer was not reached, 5 another run holds it, 64 wrong usage or
inventory. If sessions have not ended, the server still gets no new requests, and the same
command waits again. With -o json, events, one a line: foobar schema events.`,
	}
	cmd.Flags().BoolVar(&v.Force, "force", false, "drain it although no other server is up: visitors get an error 503")
	return rotationCommand(cmd, v, d, "how long its sessions may take to end (default: deploy.drain_timeout)")
}

func hostUndrainCommand() *cobra.Command {
	v, d := &action.HostRotation{Back: true}, &display{}
	cmd := &cobra.Command{
		Use:   "undrain [INVENTORY] HOST",
		Short: "Put a drained web server back, and wait until the balancer finds it healthy",
		Long: `Tells the balancer to send the server requests again, and waits until its health check
finds it healthy.

    foobar host undrain web2

Exit status: 0 it is back, now or before; 1 it failed, 4 the balancer was not reached, 5
another run holds it, 8 the server is back but unhealthy, 64 wrong usage or inventory. With
-o json, events, one a line: foobar schema events.`,
	}
	return rotationCommand(cmd, v, d, "how long it may take to be healthy (default: deploy.health_timeout)")
}

// rotationCommand completes both.
func rotationCommand(cmd *cobra.Command, v *action.HostRotation, d *display, wait string) *cobra.Command {
	cmd.Args = upTo(2)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := d.asked(cmd); err != nil {
			return err
		}
		rest, err := at(cmd, &v.Common, args, 1)
		if err != nil {
			return err
		}
		if len(rest) != 1 {
			return action.Usage(errors.New("name the host: foobar host " + cmd.Name() + " [INVENTORY] HOST"))
		}
		v.Host, v.Display = rest[0], action.Display{Show: d.show}
		return v.Run(cmd.Context())
	}
	cmd.ValidArgsFunction = completeArgs(webServers)
	addConnection(cmd, &v.Common)
	addOutput(cmd)
	fl := cmd.Flags()
	fl.Var(length{&v.Wait, 0}, "wait", wait)
	fl.Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	fl.CountVarP(&d.verbose, "verbose", "v", "show the output of steps")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}
