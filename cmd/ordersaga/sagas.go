package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/campaign"
	"github.com/ordersaga/ordersaga/contracts/sagas"
)

type sagaCommands struct {
	Causes listCauses `cmd:"" help:"List what is in the way of sagas: how many orders, how much money, what can be done."`
	Stuck  listStuck  `cmd:"" help:"List the orders whose sagas need an operator."`
	Show   showCause  `cmd:"" help:"Show a cause: the last error, and what can be done with which effect."`
	Retry  retrySaga  `cmd:"" help:"Have stuck sagas try now, without waiting for the end of their pause."`
	Skip   skipStep   `cmd:"" help:"Have stuck sagas go on without a step that may be skipped."`
	Settle settleStep `cmd:"" help:"Say under which reference the payment provider has what a stuck step did; it is looked up and must agree."`
}

type listCauses struct{ raw }

func (c *listCauses) Run(a *addresses, s operatorSession) error {
	found, err := s.Causes(context.Background())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"CAUSE", "ORDERS", "MONEY", "UNITS", "OLDEST", "NEXT TRY", "BUILD"}, found.Causes, func(cause client.Cause) []string {
			return []string{
				cause.Cause, strconv.Itoa(cause.Orders), amounts(cause.AtRisk), strconv.FormatInt(cause.Units, 10),
				ago(cause.Oldest), until(cause.NextTry), strings.Join(cause.Builds, " "),
			}
		})
		warnOf(found)
		if len(found.Causes) == 0 {
			if !found.More && !found.Blind {
				fmt.Println("No saga needs an operator.")
			}
			return
		}
		fmt.Printf("\nTo see what can be done:\n  %s\n", a.again("sagas", "show", found.Causes[0].Cause))
	})
}

func warnOf(found *client.Causes) {
	switch {
	case found.Unseen > 0:
		fmt.Fprintf(os.Stderr, "The numbers are lower bounds: %d more open sagas, which probably have no run, were not looked at. `ordersaga recover` looks at all.\n", found.Unseen)
	case found.More:
		fmt.Fprintln(os.Stderr, "There are more open sagas than were looked at: the numbers are lower bounds.")
	}
	if found.Blind {
		fmt.Fprintln(os.Stderr, "Temporal does not answer: next tries, and troubles that sagas cannot report, are missing.")
	}
}

type listStuck struct {
	raw
	Cause  string `help:"Only those with this cause." placeholder:"CAUSE"`
	paging `embed:"" set:"limit=20"`
}

func (c *listStuck) Run(a *addresses, s operatorSession) error {
	page, err := s.StuckPage(context.Background(), c.Cause, c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"ORDER", "CAUSE", "ATTEMPTS", "MONEY", "SINCE", "NEXT TRY", "LAST ERROR"}, page.Items, func(o client.StuckOrder) []string {
			return []string{
				o.OrderID, o.Cause, strconv.Itoa(o.Attempts), amount(o.AtRisk), ago(o.Since), until(o.NextTry), o.LastError,
			}
		})
		a.nextPage(page.Next)
	})
}

type showCause struct {
	raw
	Cause string `arg:"" help:"The cause, as sagas causes names it."`
}

func (c *showCause) Run(a *addresses, s operatorSession) error {
	found, err := s.Causes(context.Background())
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	for _, cause := range found.Causes {
		if cause.Cause == c.Cause {
			return s.show(c.JSON, nil, func() { a.printCause(&cause) })
		}
	}
	return noSuchCause(c.Cause)
}

func noSuchCause(cause string) error {
	return denied{fmt.Errorf("no order is stuck for %q; `ordersaga sagas causes` lists the causes", cause)}
}

func (a *addresses) printCause(cause *client.Cause) {
	table([][]string{
		{"cause", cause.Cause},
		{"service", cause.Service},
		{"orders", strconv.Itoa(cause.Orders)},
		{"money", amounts(cause.AtRisk)},
		{"units", strconv.FormatInt(cause.Units, 10)},
		{"oldest", when(cause.Oldest)},
		{"next try", until(cause.NextTry)},
		{"build", strings.Join(cause.Builds, " ")},
		{"last error", cause.LastError},
		{"example", cause.Example},
	})
	for _, act := range cause.Acts {
		if !act.Allowed || act.Name == sagas.ActSettle || act.Step != "" && act.Step != cause.Step || cause.Step == "" {
			continue
		}
		words := []string{"sagas", act.Name, "--cause", cause.Cause, "--note", "WHY"}
		if act.Step != "" {
			words = append(words, "--step", act.Step)
		}
		fmt.Printf("\n%s (of one order: %s):\n  %s\n", act.Name, act.Effect, a.again(words...))
	}
	fmt.Printf("\nOne order in full:\n  %s\n", a.again("why", cause.Example))
}

// acting are the flags of acts, on one order or on all of a cause.
type acting struct {
	ID       string        `arg:"" optional:"" help:"The order's id."`
	Note     string        `help:"Why; it is kept with the act." required:"" placeholder:"TEXT"`
	Yes      bool          `help:"Do it without asking, for scripts."`
	Key      string        `help:"Idempotency key: with the same key no order is acted on twice. By default a new one." placeholder:"KEY"`
	Cause    string        `help:"All orders that are stuck for this cause." placeholder:"CAUSE"`
	DryRun   bool          `help:"Only say on how many orders it would act, and what it would do."`
	Canary   int           `help:"With a cause: how many orders come first. Only when it helps them the others follow." default:"1"`
	Parallel int           `help:"With a cause: how many orders are worked on at once." default:"16"`
	Rate     float64       `help:"With a cause: at most so many orders a second." default:"50"`
	Patience time.Duration `help:"How long to wait for what becomes of one order." default:"60s" placeholder:"DURATION"`
}

// leastRate is an order in 17 minutes: the pause between two orders must fit into a duration.
const leastRate = 0.001

type retrySaga struct{ acting }

func (c *retrySaga) Run(ctx context.Context, s patientSession) error {
	return c.act(ctx, s, client.NewAct{Act: sagas.ActRetry})
}

type skipStep struct {
	acting
	Step string `help:"The step, as why shows it." required:"" placeholder:"STEP"`
}

func (c *skipStep) Run(ctx context.Context, s patientSession) error {
	return c.act(ctx, s, client.NewAct{Act: sagas.ActSkip, Step: c.Step})
}

type settleStep struct {
	acting
	Step      string `help:"The step, as why shows it. By default the one that can be settled." placeholder:"STEP"`
	Reference string `help:"The payment provider's name of what the step did." required:"" placeholder:"REFERENCE"`
}

func (c *settleStep) Run(ctx context.Context, s patientSession) error {
	if c.Cause != "" {
		return usage{errors.New("a reference is of one order: settle takes no --cause")}
	}
	return c.act(ctx, s, client.NewAct{Act: sagas.ActSettle, Step: c.Step, Reference: c.Reference})
}

func (c *acting) act(ctx context.Context, s patientSession, act client.NewAct) error {
	if (c.ID == "") == (c.Cause == "") {
		return usage{errors.New("name one order, or the orders of a cause with --cause")}
	}
	if c.Canary < 0 || c.Parallel < 1 || c.Parallel > 100 || !(c.Rate >= leastRate) || c.Patience <= 0 {
		return usage{errors.New("--canary must be 0 or more, --parallel 1 to 100, --rate 0.001 or more, --patience more than 0")}
	}
	act.Note, act.Cause, act.Key = c.Note, c.Cause, c.Key
	if act.Key == "" {
		act.Key = rand.Text()
	}
	orders, effect, err := c.orders(ctx, s.session, &act)
	if err != nil {
		return err
	}
	fmt.Printf("%s on %s: %s\n", act.Act, c.subject(orders), effect)
	if c.DryRun {
		return nil
	}
	if !c.Yes {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return c.run(ctx, s.session, act, orders)
}

// mostExamples bounds the orders of a cause that are looked at for one on which the act is possible.
const mostExamples = 20

// orders returns the orders to act on, and the effect on the first of them on which the act is
// possible: others may just have been settled by their own next try.
func (c *acting) orders(ctx context.Context, s *session, act *client.NewAct) (orders []client.StuckOrder, effect string, err error) {
	if c.Cause == "" {
		why, err := s.WhyOrder(ctx, c.ID)
		if err != nil {
			return nil, "", err
		}
		effect, err = effectOf(why, act)
		return []client.StuckOrder{{OrderID: c.ID, Version: why.Version}}, effect, err
	}
	for order, err := range s.StuckOrders(ctx, c.Cause) {
		if err != nil {
			return nil, "", err
		}
		orders = append(orders, order)
	}
	err = fmt.Errorf("no order is stuck for %q; `ordersaga sagas causes` lists the causes", c.Cause)
	for _, order := range orders[:min(len(orders), mostExamples)] {
		var why *client.Why
		if why, err = s.WhyOrder(ctx, order.OrderID); err != nil {
			return nil, "", err
		}
		if effect, err = effectOf(why, act); err == nil {
			break
		}
	}
	return orders, effect, err
}

func (c *acting) subject(orders []client.StuckOrder) string {
	if c.Cause == "" {
		return "order " + c.ID
	}
	sums := map[string]int64{}
	var currencies []string
	for _, order := range orders {
		if _, known := sums[order.AtRisk.Currency]; !known {
			currencies = append(currencies, order.AtRisk.Currency)
		}
		sums[order.AtRisk.Currency] += order.AtRisk.Amount
	}
	money := make([]client.Money, len(currencies))
	for i, currency := range currencies {
		money[i] = client.Money{Amount: sums[currency], Currency: currency}
	}
	return fmt.Sprintf("%d orders of %s together; of the first", len(orders), amounts(money))
}

// effectOf finds the act among those that are possible, and its step when it is not given.
func effectOf(why *client.Why, act *client.NewAct) (string, error) {
	reason := "no saga of the order is stuck"
	for _, possible := range why.Acts {
		if possible.Name != act.Act || act.Step != "" && possible.Step != act.Step {
			continue
		}
		if possible.Allowed {
			act.Step = possible.Step
			return possible.Effect, nil
		}
		reason = possible.Reason
	}
	return "", denied{fmt.Errorf("%s is not possible on order %s: %s", act.Act, why.OrderID, reason)}
}

func (c *acting) run(ctx context.Context, s *session, act client.NewAct, orders []client.StuckOrder) error {
	begun := time.Now()
	show := progress{to: os.Stdout, terminal: isTerminal(os.Stdout), last: -1, unit: "orders"}
	report := campaign.Campaign{
		Client: s.Client, Act: act, Canary: c.Canary, Parallel: c.Parallel, Rate: c.Rate, Patience: c.Patience,
		Progress: func(r campaign.Report) { show.print(act.Act, int64(r.Done()), int64(r.Total)) },
	}.Run(ctx, orders)
	show.end()
	fmt.Printf("%d of %d helped, %d had gone on before, %d not helped, in %s\n",
		report.Helped, report.Total, len(report.Gone), len(report.Failed), time.Since(begun).Round(100*time.Millisecond))
	for _, order := range report.Gone {
		fmt.Printf("order %s: had gone on by itself before the act: %s\n", order.OrderID, order.Now)
	}
	for _, failure := range report.Failed {
		fmt.Printf("order %s: %v\n", failure.OrderID, failure.Err)
	}
	switch left := report.Total - report.Done() - report.Open; {
	case len(report.Failed) > 0:
		fmt.Printf("Stopped; %d orders were not touched. `ordersaga why ORDER` says what is in the way now.\n", left)
		return answered{exitNo}
	case left+report.Open > 0:
		fmt.Printf("Interrupted; %d orders were not touched, what became of %d is not known. The same command goes on with them.\n", left, report.Open)
		return answered{exitNo}
	}
	return nil
}

func amounts(sums []client.Money) string {
	texts := make([]string, len(sums))
	for i, sum := range sums {
		texts[i] = amount(sum)
	}
	return strings.Join(texts, " + ")
}

func ago(moment time.Time) string { return time.Since(moment).Round(time.Second).String() + " ago" }

func until(moment time.Time) string {
	switch left := time.Until(moment).Round(time.Second); {
	case moment.IsZero():
		return "-"
	case left <= 0:
		return "now"
	default:
		return "in " + left.String()
	}
}
