package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

var at = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func mug() domain.Content {
	return domain.Content{SKU: "MUG-1", Name: "Mug", Description: "Holds tea.", Price: 1250, Currency: "GBP"}
}

func TestANewProductIsForSaleInItsFirstVersion(t *testing.T) {
	content := mug()
	content.Name, content.Description = "  Mug\n", "\tHolds tea. "
	p, err := domain.NewProduct(content, at)
	require.NoError(t, err)
	assert.Equal(t, domain.Snapshot{
		SKU: "MUG-1", Name: "Mug", Description: "Holds tea.", Price: 1250, Currency: "GBP",
		Active: true, Version: 1, CreatedAt: at, UpdatedAt: at,
	}, p.Snapshot())
}

func TestEachWrongFieldIsNamed(t *testing.T) {
	for name, broken := range map[string]struct {
		change func(*domain.Content)
		fields []string
	}{
		"no SKU":                  {func(c *domain.Content) { c.SKU = "" }, []string{"sku"}},
		"a SKU with a space":      {func(c *domain.Content) { c.SKU = "MUG 1" }, []string{"sku"}},
		"a SKU with a slash":      {func(c *domain.Content) { c.SKU = "MUG/1" }, []string{"sku"}},
		"a SKU with a line end":   {func(c *domain.Content) { c.SKU = "MUG\n" }, []string{"sku"}},
		"a SKU that is a parent":  {func(c *domain.Content) { c.SKU = ".." }, []string{"sku"}},
		"a SKU too long":          {func(c *domain.Content) { c.SKU = strings.Repeat("x", 65) }, []string{"sku"}},
		"a blank name":            {func(c *domain.Content) { c.Name = " \t" }, []string{"name"}},
		"a name too long":         {func(c *domain.Content) { c.Name = strings.Repeat("é", 201) }, []string{"name"}},
		"a NUL in the name":       {func(c *domain.Content) { c.Name = "Mu\x00g" }, []string{"name"}},
		"a name nobody can see":   {func(c *domain.Content) { c.Name = "\u200b" }, []string{"name"}},
		"a name of fillers":       {func(c *domain.Content) { c.Name = "\u3164" }, []string{"name"}},
		"a name turned around":    {func(c *domain.Content) { c.Name = "Mug\u202egnp.exe" }, []string{"name"}},
		"a name of two lines":     {func(c *domain.Content) { c.Name = "Mug\u2028Paid" }, []string{"name"}},
		"a text turned around":    {func(c *domain.Content) { c.Description = "a\u2066b" }, []string{"description"}},
		"a broken name":           {func(c *domain.Content) { c.Name = "Mu\xffg" }, []string{"name"}},
		"a description too long":  {func(c *domain.Content) { c.Description = strings.Repeat("x", 5001) }, []string{"description"}},
		"a NUL in the text":       {func(c *domain.Content) { c.Description = "a\x00b" }, []string{"description"}},
		"a negative price":        {func(c *domain.Content) { c.Price = -1 }, []string{"price.amount"}},
		"a price no JSON holds":   {func(c *domain.Content) { c.Price = domain.MaxAmount + 1 }, []string{"price.amount"}},
		"a currency in lower":     {func(c *domain.Content) { c.Currency = "gbp" }, []string{"price.currency"}},
		"no currency of ISO 4217": {func(c *domain.Content) { c.Currency = "ZZZ" }, []string{"price.currency"}},
		"several": {
			func(c *domain.Content) { *c = domain.Content{Price: -1} },
			[]string{"sku", "name", "price.amount", "price.currency"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			content := mug()
			broken.change(&content)
			_, err := domain.NewProduct(content, at)
			require.Error(t, err)
			var fields []string
			for _, fault := range domain.Faults(err) {
				fields = append(fields, fault.Field)
			}
			assert.Equal(t, broken.fields, fields)
		})
	}
}

func TestWhatABorderTakesABorderTakes(t *testing.T) {
	for _, content := range []domain.Content{
		{SKU: strings.Repeat("x", 64), Name: strings.Repeat("é", 200), Description: strings.Repeat("é", 5000), Price: domain.MaxAmount, Currency: "JPY"},
		{SKU: "0", Name: "n", Price: 0, Currency: "GBP"},
		{SKU: "gift_0001.40-b", Name: "Tasse ❤\ufe0f", Description: "one\r\ntwo\tthree", Currency: "EUR"},
	} {
		_, err := domain.NewProduct(content, at)
		assert.NoError(t, err, "%.80v", content)
	}
}

func TestAProductIsRecognisedByItsContentAlone(t *testing.T) {
	first, err := domain.NewProduct(mug(), at)
	require.NoError(t, err)
	later, err := domain.NewProduct(mug(), at.Add(time.Hour))
	require.NoError(t, err)
	assert.True(t, first.Says(later))
	for field, change := range map[string]func(*domain.Content){
		"sku":         func(c *domain.Content) { c.SKU = "MUG-2" },
		"name":        func(c *domain.Content) { c.Name = "Cup" },
		"description": func(c *domain.Content) { c.Description = "" },
		"price":       func(c *domain.Content) { c.Price++ },
		"currency":    func(c *domain.Content) { c.Currency = "EUR" },
	} {
		content := mug()
		change(&content)
		other, err := domain.NewProduct(content, at)
		require.NoError(t, err)
		assert.False(t, first.Says(other), "another %s is another product", field)
	}
}

func TestASnapshotRestoresTheProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := domain.NewProduct(domain.Content{
			SKU:         rapid.StringMatching(domain.SKUPattern).Draw(t, "sku"),
			Name:        rapid.StringMatching(`[a-z]{1,20}`).Draw(t, "name"),
			Description: rapid.StringMatching(`[a-z]{0,20}`).Draw(t, "description"),
			Price:       rapid.Int64Range(0, domain.MaxAmount).Draw(t, "price"),
			Currency:    rapid.SampledFrom([]string{"GBP", "EUR", "JPY"}).Draw(t, "currency"),
		}, at)
		if err != nil {
			t.Fatal(err)
		}
		if restored := domain.Restore(p.Snapshot()); !assert.ObjectsAreEqual(p, restored) {
			t.Fatalf("restored %+v from %+v", *restored, *p)
		}
	})
}
