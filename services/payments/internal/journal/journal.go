// Package journal carries out what the domain decides: it writes the intent, calls the provider
// outside any transaction, and records what was learned, until the operation needs nothing more of
// this caller.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/store"
)

const (
	// recordTimeout bounds the writing of what was learned; it goes on when the caller has gone.
	recordTimeout = 5 * time.Second
	// A caller that finds another at work looks again after pollFirst, then twice as late each time
	// up to pollLast, and is told to come back after waitAtMost.
	pollFirst, pollLast, waitAtMost = 10 * time.Millisecond, 250 * time.Millisecond, 5 * time.Second
)

// Journal is the way to the provider: nobody else calls it.
type Journal struct {
	store    *store.Store
	provider provider.Provider
	policy   domain.Policy
}

// New makes a journal. The policy's lease must exceed the provider's time-out by what recording
// takes; its key lifetime is the provider's, unless it has a shorter one.
func New(s *store.Store, p provider.Provider, policy domain.Policy) *Journal {
	if known := p.KeyLifetime(); policy.KeyLifetime == 0 || known > 0 && known < policy.KeyLifetime {
		policy.KeyLifetime = known
	}
	return &Journal{store: s, provider: p, policy: policy}
}

// Authorize holds the amount, once per step. Its errors are domain.DeclinedError, domain.ErrUndone,
// domain.ErrOtherRequest, domain.ExceedsError, and domain.ErrUnknown when the caller is to ask
// again.
func (j *Journal) Authorize(ctx context.Context, step domain.Step, request domain.Request, due domain.Due, paymentMethod string) (*domain.Payment, error) {
	payment, err := j.run(ctx, step, paymentMethod, func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		return p.Authorize(c, step, request, due)
	})
	if err == nil {
		err = explain(payment.Authorized(step), payment.Operation(step, domain.Void), payment.Operation(step, domain.Authorize))
	}
	if err != nil {
		return nil, fmt.Errorf("authorize %s: %w", step, err)
	}
	return payment, nil
}

// StoredMethod is the payment method of an authorization that the provider stored and the shopper
// agreed to be charged again; empty when there is none.
func (j *Journal) StoredMethod(ctx context.Context, orderID, authorization string) (string, error) {
	payment, err := j.store.Payment(ctx, orderID)
	switch {
	case errors.Is(err, store.ErrNoPayment):
		return "", nil
	case err != nil:
		return "", err
	}
	if op := payment.ByID(authorization); op != nil && op.Consent {
		return op.StoredMethod, nil
	}
	return "", nil
}

// Void undoes a step, whether or not it was done. The error is domain.ErrUnknown until nothing is
// held any more and nothing can be.
func (j *Journal) Void(ctx context.Context, step domain.Step) (*domain.Payment, error) {
	payment, err := j.run(ctx, step, "", func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		return p.Void(c, step), nil
	})
	if err == nil {
		err = explain(payment.Undone(step), payment.Operation(step, domain.Void), payment.Operation(step, domain.Authorize))
	}
	if err != nil {
		return nil, fmt.Errorf("void %s: %w", step, err)
	}
	return payment, nil
}

// Capture takes an amount of an authorization, once per step. Its errors are domain.FailedError,
// domain.EndedError, domain.ExceedsError, domain.ErrNoAuthorization, domain.ErrOtherCurrency,
// domain.ErrOtherRequest, and domain.ErrUnknown when the caller is to ask again.
func (j *Journal) Capture(ctx context.Context, step domain.Step, want domain.CaptureRequest) (*domain.Payment, error) {
	payment, err := j.run(ctx, step, "", func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		return p.Capture(c, step, want)
	})
	if err == nil {
		op := payment.Operation(step, domain.Capture)
		err = explain(op.Moved(), op)
	}
	if err == nil && want.Final && want.Amount == 0 {
		err = closed(payment, want.Authorization)
	}
	if err != nil {
		return nil, fmt.Errorf("capture %s: %w", step, err)
	}
	return payment, nil
}

// VoidOpen gives back what is open of an authorization. Its errors are domain.ErrNoAuthorization,
// and domain.ErrUnknown when the caller is to ask again.
func (j *Journal) VoidOpen(ctx context.Context, orderID, authorization string) (*domain.Payment, error) {
	payment, err := j.run(ctx, domain.Step{OrderID: orderID}, "", func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		return p.VoidOpen(c, authorization)
	})
	if err == nil {
		err = closed(payment, authorization)
	}
	if err != nil {
		return nil, fmt.Errorf("void authorization %s of order %s: %w", authorization, orderID, err)
	}
	return payment, nil
}

// closed answers whether nothing of an authorization is open any more.
func closed(p *domain.Payment, authorization string) error {
	op := p.ByID(authorization)
	return explain(p.Closed(op), p.Operation(op.Step, domain.Void), op)
}

// Refund gives an amount back, once per step. It is no error when the provider did not: the
// operations of the payment say so. Its errors are domain.ExceedsError, domain.ErrOtherRequest, and
// domain.ErrUnknown when the caller is to ask again.
func (j *Journal) Refund(ctx context.Context, step domain.Step, want domain.RefundRequest) (*domain.Payment, error) {
	payment, err := j.run(ctx, step, "", func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		return p.Refund(c, step, want)
	})
	if err != nil {
		return nil, fmt.Errorf("refund %s: %w", step, err)
	}
	for _, op := range payment.Refunds(step) {
		if err := op.Moved(); errors.Is(err, domain.ErrUnknown) {
			return nil, fmt.Errorf("refund %s: %w", step, explain(err, op))
		}
	}
	return payment, nil
}

// Resume carries on with an operation that nobody works on, and does not wait for one that somebody
// does.
func (j *Journal) Resume(ctx context.Context, due store.Unfinished) error {
	step := due.Step
	_, err := j.run(ctx, step, "", func(p *domain.Payment, c domain.Caller) (task domain.Task, err error) {
		switch due.Kind {
		case domain.Capture, domain.Refund:
			task = p.Poll(c, step, due.Kind, due.Part)
		default:
			task = p.Resume(c, step)
		}
		if task.Action == domain.Wait {
			task = domain.Task{}
		}
		return task, nil
	})
	if err != nil {
		return fmt.Errorf("resume %s: %w", step, err)
	}
	return nil
}

type verb func(*domain.Payment, domain.Caller) (domain.Task, error)

// run asks the payment, waits while another is at work, and carries out what it is told until there
// is nothing left.
func (j *Journal) run(ctx context.Context, step domain.Step, paymentMethod string, ask verb) (*domain.Payment, error) {
	owner := uuid.NewString()
	patience, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	payment, task, err := j.update(ctx, step.OrderID, owner, ask)
	for pause := pollFirst; err == nil && task.Action == domain.Wait; pause = min(2*pause, pollLast) {
		if !sleep(patience, pause) {
			return payment, nil // its state says that the outcome is not known
		}
		payment, task, err = j.update(ctx, step.OrderID, owner, ask)
	}
	// From here on this caller holds the lease and what it learns must be recorded: its own
	// deadline counts no more, those of the provider and of the recording do.
	if err == nil {
		payment, err = j.finish(ctx, owner, payment, task, paymentMethod)
	}
	return payment, err
}

// finish carries out a task and what follows from it, also when the caller has gone.
func (j *Journal) finish(ctx context.Context, owner string, payment *domain.Payment, task domain.Task, paymentMethod string) (_ *domain.Payment, err error) {
	ctx = context.WithoutCancel(ctx)
	for err == nil && task.Calls() {
		payment, task, err = j.record(ctx, owner, task, j.carryOut(ctx, payment, task, paymentMethod))
	}
	return payment, err
}

func (j *Journal) record(ctx context.Context, owner string, done domain.Task, f domain.Finding) (*domain.Payment, domain.Task, error) {
	if f.Err != nil {
		slog.WarnContext(ctx, "no fact from the payment provider", "step", done.Step.String(), "kind", done.Kind, "action", done.Action, "error", f.Err)
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	before := ""
	payment, next, err := j.update(ctx, done.Step.OrderID, owner, func(p *domain.Payment, c domain.Caller) (domain.Task, error) {
		before = problemOf(p, done)
		return p.Learn(c, done, f), nil
	})
	if err == nil {
		if problem := problemOf(payment, done); problem != "" && problem != before {
			slog.ErrorContext(ctx, "an operator has to look at a payment", "step", done.Step.String(), "problem", problem)
		}
	}
	return payment, next, err
}

// problemOf is what an operator has to look at after a task: of an undo, it is the authorization's.
func problemOf(p *domain.Payment, t domain.Task) string {
	if t.Kind == domain.Void {
		t.Kind = domain.Authorize
	}
	return p.Doing(t).Problem
}

func (j *Journal) update(ctx context.Context, orderID, owner string, ask verb) (payment *domain.Payment, task domain.Task, err error) {
	payment, err = j.store.Update(ctx, orderID, func(p *domain.Payment, now time.Time) (err error) {
		task, err = ask(p, domain.Caller{Owner: owner, Now: now, Policy: j.policy})
		return err
	})
	return payment, task, err
}

// explain adds to an unknown outcome, for people, what the last attempt came to.
func explain(err error, operations ...*domain.Operation) error {
	for _, op := range operations {
		switch {
		case op == nil || !errors.Is(err, domain.ErrUnknown):
		case op.Problem != "":
			return fmt.Errorf("%w (%s)", err, op.Problem)
		case op.LastError != "":
			return fmt.Errorf("%w (%s)", err, op.LastError)
		}
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
