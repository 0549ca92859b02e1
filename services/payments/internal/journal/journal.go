// Package journal carries out what the domain decides: it writes the intent, calls the provider outside any
// transaction, and records what was learned, until the operation needs nothing more of this caller.
package journal

import (
	"context"
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
	// A caller that finds another at work looks again after pollFirst, then twice as late each time up to pollLast, and
	// is told to come back after waitAtMost.
	pollFirst, pollLast, waitAtMost = 10 * time.Millisecond, 250 * time.Millisecond, 5 * time.Second
)

// Journal is the way to the provider: nobody else calls it.
type Journal struct {
	store    *store.Store
	provider provider.Provider
	policy   domain.Policy
}

// New makes a journal. The policy's lease must exceed the provider's time-out by what recording takes.
func New(s *store.Store, p provider.Provider, policy domain.Policy) *Journal {
	return &Journal{store: s, provider: p, policy: policy}
}

// Outcome is what became of a step.
type Outcome struct {
	PaymentID string // empty when nothing was ever asked for
	Record    domain.Record
}

// Authorize holds the amount, once per step. Its errors are domain.DeclinedError, domain.ErrUndone,
// domain.ErrOtherRequest, and domain.ErrUnknown when the caller is to ask again.
func (j *Journal) Authorize(ctx context.Context, step domain.Step, request domain.Request, paymentMethod string) (Outcome, error) {
	op, paymentID, err := j.run(ctx, step, paymentMethod, func(op *domain.Operation, c domain.Caller) (domain.Action, error) {
		return op.Authorize(c, request)
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("authorize %s: %w", step, err)
	}
	if err := op.Authorized(); err != nil {
		return Outcome{}, fmt.Errorf("authorize %s: %w%s", step, err, because(op))
	}
	return Outcome{PaymentID: paymentID, Record: op.Record()}, nil
}

// Void undoes a step, whether or not it was done. The error is domain.ErrUnknown until nothing is held any more and
// nothing can be.
func (j *Journal) Void(ctx context.Context, step domain.Step) (Outcome, error) {
	op, paymentID, err := j.run(ctx, step, "", func(op *domain.Operation, c domain.Caller) (domain.Action, error) {
		return op.Void(c), nil
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("void %s: %w", step, err)
	}
	if err := op.Undone(); err != nil {
		return Outcome{}, fmt.Errorf("void %s: %w%s", step, err, because(op))
	}
	return Outcome{PaymentID: paymentID, Record: op.Record()}, nil
}

// Resume carries on with a step that nobody works on, and does not wait for one that somebody does.
func (j *Journal) Resume(ctx context.Context, step domain.Step) error {
	_, _, err := j.run(ctx, step, "", func(op *domain.Operation, c domain.Caller) (domain.Action, error) {
		next := op.Resume(c)
		if next == domain.Wait {
			next = domain.Nothing
		}
		return next, nil
	})
	if err != nil {
		return fmt.Errorf("resume %s: %w", step, err)
	}
	return nil
}

type verb func(*domain.Operation, domain.Caller) (domain.Action, error)

// run asks the operation, waits while another is at work, and carries out what it is told until there is nothing left.
func (j *Journal) run(ctx context.Context, step domain.Step, paymentMethod string, ask verb) (*domain.Operation, string, error) {
	owner := uuid.NewString()
	patience, cancel := context.WithTimeout(ctx, waitAtMost)
	defer cancel()
	op, paymentID, next, err := j.update(ctx, step, owner, ask)
	for pause := pollFirst; err == nil && next == domain.Wait; pause = min(2*pause, pollLast) {
		if !sleep(patience, pause) {
			return op, paymentID, nil // its state says that the outcome is not known
		}
		op, paymentID, next, err = j.update(ctx, step, owner, ask)
	}
	// From here on this caller holds the lease and what it learns must be recorded: its own deadline counts no more,
	// those of the provider and of the recording do.
	ctx = context.WithoutCancel(ctx)
	for err == nil && next != domain.Nothing && next != domain.Wait {
		finding := j.carryOut(ctx, op, next, paymentMethod)
		op, paymentID, next, err = j.record(ctx, step, owner, finding)
	}
	return op, paymentID, err
}

func (j *Journal) record(ctx context.Context, step domain.Step, owner string, f domain.Finding) (*domain.Operation, string, domain.Action, error) {
	if f.Err != nil {
		slog.WarnContext(ctx, "no fact from the payment provider", "step", step.String(), "finding", f.Kind, "error", f.Err)
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return j.update(ctx, step, owner, func(op *domain.Operation, c domain.Caller) (domain.Action, error) {
		return op.Learn(c, f), nil
	})
}

func (j *Journal) update(ctx context.Context, step domain.Step, owner string, ask verb) (op *domain.Operation, paymentID string, next domain.Action, err error) {
	op, paymentID, err = j.store.Update(ctx, step, func(op *domain.Operation, now time.Time) (err error) {
		next, err = ask(op, domain.Caller{Owner: owner, Now: now, Policy: j.policy})
		return err
	})
	return op, paymentID, next, err
}

// because says what the last attempt came to, for people.
func because(op *domain.Operation) string {
	if last := op.Record().LastError; last != "" {
		return " (" + last + ")"
	}
	return ""
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
