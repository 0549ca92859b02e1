package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// ErrNoPayment means that nothing was ever asked for an order.
var ErrNoPayment = errors.New("the order has no payment")

// Payment is the row of an order's payment.
type Payment struct {
	ID                string `gorm:"primaryKey"`
	OrderID           string
	CustomerID        string
	Amount            int64 // minor units
	Currency          string
	Status            domain.PaymentStatus
	ProviderReference string
	Saga              string // this and the next two: of the operation that the status follows
	Instance, Step    string
	CreatedAt         time.Time
	UpdatedAt         time.Time
}

// follow brings the order's payment up to date with its operation and returns its id.
func follow(ctx context.Context, tx *postgres.Tx, before, after domain.Record, now time.Time) (string, error) {
	var (
		payment Payment
		err     error
		db      = tx.WithContext(ctx)
		status  = domain.PaymentStatusOf(after.State)
		mine    = db.Where("order_id = ?", after.Step.OrderID)
	)
	switch {
	case status == domain.PaymentNone:
		return "", nil // no amount was ever named, so there is no payment
	case before.State == domain.None:
		payment, err = open(db, after, status, now)
	case status == domain.PaymentStatusOf(before.State) && after.ProviderReference == before.ProviderReference:
		err = mine.Take(&payment).Error
	default:
		err = mine.Model(&payment).Where("saga = ? AND instance = ? AND step = ?", after.Step.Saga, after.Step.Instance, after.Step.Name).
			Clauses(clause.Returning{Columns: []clause.Column{{Name: "id"}}}).
			Updates(map[string]any{"status": status, "provider_reference": after.ProviderReference, "updated_at": now}).Error
	}
	if err != nil {
		return "", fmt.Errorf("payment of order %s as %s: %w", after.Step.OrderID, status, err)
	}
	return payment.ID, nil
}

// open makes the order's payment; one of an earlier step, which was declined or undone, becomes this step's.
func open(db *gorm.DB, r domain.Record, status domain.PaymentStatus, now time.Time) (Payment, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Payment{}, fmt.Errorf("make an id: %w", err)
	}
	payment := Payment{
		ID: id.String(), OrderID: r.Step.OrderID, CustomerID: r.Request.CustomerID,
		Amount: r.Request.Amount, Currency: r.Request.Currency, Status: status,
		Saga: r.Step.Saga, Instance: r.Step.Instance, Step: r.Step.Name, CreatedAt: now, UpdatedAt: now,
	}
	err = db.Clauses(
		clause.OnConflict{
			Columns: []clause.Column{{Name: "order_id"}},
			DoUpdates: clause.AssignmentColumns([]string{
				"customer_id", "amount", "currency", "status", "provider_reference", "saga", "instance", "step", "updated_at",
			}),
		},
		clause.Returning{Columns: []clause.Column{{Name: "id"}}},
	).Create(&payment).Error
	return payment, err
}

// Payment returns an order's payment and its journal, oldest first. A journal without a payment (an undo came before
// anything was asked for) has a payment of status none; an order without either is ErrNoPayment.
func (s *Store) Payment(ctx context.Context, orderID string) (Payment, []domain.Record, error) {
	payment := Payment{OrderID: orderID, Status: domain.PaymentNone}
	journal, err := s.journal(ctx, orderID)
	if err != nil {
		return payment, nil, err
	}
	err = s.db.WithContext(ctx).Where("order_id = ?", orderID).Take(&payment).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound) && len(journal) == 0:
		return payment, nil, fmt.Errorf("order %s: %w", orderID, ErrNoPayment)
	case err != nil && !errors.Is(err, gorm.ErrRecordNotFound):
		return payment, nil, fmt.Errorf("read payment of order %s: %w", orderID, err)
	}
	return payment, journal, nil
}

func (s *Store) journal(ctx context.Context, orderID string) ([]domain.Record, error) {
	rows, err := s.db.SQL.QueryContext(ctx, `
		SELECT `+columns+`, saga, instance, step FROM operations WHERE order_id = $1
		ORDER BY coalesce(intent_at, undo_requested_at), saga, instance, step`, orderID)
	if err != nil {
		return nil, fmt.Errorf("read journal of order %s: %w", orderID, err)
	}
	defer rows.Close()
	var journal []domain.Record
	for rows.Next() {
		var saga, instance, name string
		record, err := scan(rows, domain.Step{OrderID: orderID}, &saga, &instance, &name)
		if err != nil {
			return nil, fmt.Errorf("read journal of order %s: %w", orderID, err)
		}
		record.Step.Saga, record.Step.Instance, record.Step.Name = saga, instance, name
		journal = append(journal, record)
	}
	return journal, rows.Err()
}
