package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

func TestAChangeIsTheNextVersionAndTheSameIsNone(t *testing.T) {
	p, err := domain.NewProduct(mug(), at)
	require.NoError(t, err)
	later := at.Add(time.Hour)
	changed := func(change func(*domain.Content), active bool) *domain.Product {
		t.Helper()
		content := mug()
		content.SKU = "" // not looked at
		change(&content)
		wanted, err := domain.NewChange(content, active)
		require.NoError(t, err)
		next, err := p.Change(wanted, later)
		require.NoError(t, err)
		return next
	}
	assert.Same(t, p, changed(func(c *domain.Content) { c.Name = " Mug\n" }, true), "white space is no change")
	for name, next := range map[string]*domain.Product{
		"name":        changed(func(c *domain.Content) { c.Name = "Cup" }, true),
		"description": changed(func(c *domain.Content) { c.Description = "" }, true),
		"price":       changed(func(c *domain.Content) { c.Price = 0 }, true),
		"for sale":    changed(func(*domain.Content) {}, false),
	} {
		s := next.Snapshot()
		assert.EqualValues(t, 2, s.Version, name)
		assert.Equal(t, "MUG-1", s.SKU, name)
		assert.Equal(t, at, s.CreatedAt, name)
		assert.Equal(t, later, s.UpdatedAt, name)
	}
	assert.EqualValues(t, 1, p.Version(), "the product itself is as it was")
}

func TestTheCurrencyOfAPriceStays(t *testing.T) {
	p, err := domain.NewProduct(mug(), at)
	require.NoError(t, err)
	content := mug()
	content.Currency = "EUR"
	wanted, err := domain.NewChange(content, true)
	require.NoError(t, err)
	_, err = p.Change(wanted, at)
	require.ErrorIs(t, err, domain.ErrOtherCurrency)
	assert.ErrorContains(t, err, "MUG-1 is sold in GBP, not in EUR")
}

func TestEachWrongFieldOfAChangeIsNamed(t *testing.T) {
	_, err := domain.NewChange(domain.Content{Description: "\x00", Price: -1, Currency: "gbp"}, true)
	var fields []string
	for _, fault := range domain.Faults(err) {
		fields = append(fields, fault.Field)
	}
	assert.Equal(t, []string{"name", "description", "price.amount", "price.currency"}, fields)
}
