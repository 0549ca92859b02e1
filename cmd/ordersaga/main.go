// Command ordersaga runs the whole system on one machine (`ordersaga dev`) and uses it from the
// command line, over REST as a shop does.
package main

import (
	"os"

	"github.com/alecthomas/kong"

	"github.com/ordersaga/ordersaga/platform/program"
)

type commands struct {
	addresses
	Version kong.VersionFlag `help:"Print the version and commit."`

	Dev      devCommand      `cmd:"" help:"Run everything on this machine: engines, services, worker and payment simulator."`
	Stop     stopCommand     `cmd:"" help:"Stop one program of what dev runs, and keep it down."`
	Start    startCommand    `cmd:"" help:"Start a program again that was stopped, and wait until it is ready."`
	Kill     killCommand     `cmd:"" help:"Kill one program or engine of what dev runs, as a crash would; it comes back."`
	Token    tokenCommand    `cmd:"" help:"Print a bearer token of the development issuer."`
	Order    orderCommands   `cmd:"" help:"Place and look at orders."`
	Why      whyCommand      `cmd:"" help:"Explain an order: what is in the way, what comes next, what an operator can do."`
	Sagas    sagaCommands    `cmd:"" help:"Find and settle sagas that need an operator."`
	Recover  recoverCommand  `cmd:"" help:"Start what is missing after Temporal has lost runs, or all of them."`
	Stock    stockCommands   `cmd:"" help:"Receive and look at stock."`
	Product  productCommands `cmd:"" help:"Create and look at products."`
	Payments paymentCommands `cmd:"" help:"Compare payments with the provider's books, and look at ledgers."`
	Rebuild  rebuildCommand  `cmd:"" help:"Make the documents that lists are read from anew, while they are read."`
	Announce announceCommand `cmd:"" help:"Publish events of all products, or of all stock, again: for readers that begin anew."`
	Bench    benchCommand    `cmd:"" help:"Measure a development stack: what an order and a read cost, in turns with workflows that do nothing and with raw queries. Its limits have to be off (RATE_LIMIT_PER_SECOND=0)."`
	Verify   verifyCommand   `cmd:"" help:"Check that stock, money, orders and events agree."`

	Doctor   doctorCommand   `cmd:"" help:"Check settings and connections one by one and say what is wrong."`
	Programs programsCommand `cmd:"" help:"List the programs: ports, the engines they need, whom they call."`
	Settings settingsCommand `cmd:"" help:"List the environment variables that the programs read."`
	Setup    setupCommand    `cmd:"" help:"Make what the sagas need in Temporal (TEMPORAL_*): the namespace and its search attributes."`
	Demo     demoCommand     `cmd:"" help:"Bring the demo products and their stock into the shop."`
}

func main() {
	var c commands
	parsed := kong.Parse(&c, append(provided,
		kong.Name("ordersaga"),
		kong.Description("An order platform on Temporal sagas. `ordersaga dev` runs all of it here."),
		kong.ShortUsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"version": "ordersaga " + program.Version()},
		kong.Exit(func(code int) { // after --help, --version and a parse error
			if code != 0 {
				code = exitUsage
			}
			os.Exit(code)
		}),
	)...)
	c.invoked(parsed)
	err := parsed.Run(&c.addresses)
	report(os.Stderr, err)
	os.Exit(exitCode(err))
}
