package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/client"
)

type whyCommand struct {
	ofOrder
	As string `help:"As this shopper sees it; by default as operators do." placeholder:"SUB"`
}

func (c *whyCommand) Run(a *addresses) error {
	who := operator
	if c.As != "" {
		who = caller{As: c.As}
	}
	s, err := a.session(who)
	if err != nil {
		return err
	}
	why, err := s.WhyOrder(context.Background(), c.ID)
	return s.show(c.JSON, err, func() { a.printWhy(why) })
}

func (a *addresses) printWhy(why *client.Why) {
	rows := [][]string{
		{"order", why.OrderID},
		{"status", why.Status},
		{"since", fmt.Sprintf("%s UTC, %s ago", at(why.Since), time.Since(why.Since).Round(time.Second))},
		{"", why.Text},
		{"next", nextText(why.Next)},
	}
	for _, step := range why.Steps {
		rows = append(rows, []string{"stuck", fmt.Sprintf("%s of %s, %d attempts, %s: %s", step.Step, step.Service, step.Attempts, step.Kind, step.LastError)})
		if step.TraceID != "" {
			rows = append(rows, []string{"trace", step.TraceID})
		}
	}
	if run := why.Run; run != nil {
		rows = append(rows, []string{"workflow", strings.TrimSpace(run.WorkflowID + " " + run.Type + " " + run.State)})
		for _, pending := range run.Pending {
			rows = append(rows, []string{"at work", fmt.Sprintf("%s, attempt %d %s", pending.Step, pending.Attempt, pending.LastError)})
		}
	}
	table(rows)
	sectionOf([]string{"ACT", "STEP", "POSSIBLE", "EFFECT"}, why.Acts, func(act client.PossibleAct) []string {
		return []string{act.Name, act.Step, yesOrNo(act.Allowed), act.Effect + act.Reason}
	})
	sectionOf([]string{"AT (UTC)", "BY", "ACT", "STEP", "STATE", "WHY"}, why.Acted, func(act client.DoneAct) []string {
		return []string{at(act.At), act.By, act.Act, act.Step, strings.ReplaceAll(act.State, "_", " "), act.Note}
	})
	for _, act := range why.Acts {
		if act.Allowed {
			fmt.Printf("\nTo act:\n  %s\n", a.again("sagas", act.Name, why.OrderID, "--note", "WHY"))
			break
		}
	}
}

func nextText(next client.WhyNext) string {
	if next.At.IsZero() {
		return next.Text
	}
	if left := time.Until(next.At).Round(time.Second); left > 0 {
		return fmt.Sprintf("%s Next try in %s, at %s UTC.", next.Text, left, at(next.At))
	}
	return next.Text + " It is being tried now."
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
