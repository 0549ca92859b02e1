package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/services/catalog/internal/pricing"
)

// environment is one that is complete, with changes.
func environment(changes ...string) []string {
	return append([]string{
		"DATABASE_URL=postgres://catalog:hush@localhost/catalog",
		"MONGODB_URI=mongodb://localhost:27017/",
		"AMQP_URL=amqp://catalog:hush@localhost:5672/",
		"OIDC_ISSUER=https://issuer.example",
		"CURSOR_KEY=0123456789abcdef0123456789abcdef",
	}, changes...)
}

func TestSettingsHaveDefaults(t *testing.T) {
	cfg, err := config.LoadFrom[settings](environment())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8081", cfg.Address())
	assert.Equal(t, "127.0.0.1:9081", cfg.GRPCAddress())
	assert.Equal(t, "127.0.0.1:10081", cfg.AdminAddress())
	assert.Equal(t, "catalog", cfg.MongoDBDatabase)
	assert.Equal(t, 64, cfg.ImportMiB)
	assert.Empty(t, cfg.Pricing.rates().Shipping)
	assert.Zero(t, cfg.Pricing.rates().TaxBasisPoints)
}

func TestPricingIsRead(t *testing.T) {
	for text, points := range map[string]int64{"0": 0, "20": 2000, "7.25": 725, "7.2": 720, "100": 10_000, "0.01": 1} {
		cfg, err := config.LoadFrom[settings](environment("PRICING_TAX_PERCENT="+text, "PRICING_SHIPPING_FLAT=GBP:395,EUR:450"))
		require.NoError(t, err, text)
		assert.Equal(t, pricing.Rates{Shipping: map[string]int64{"GBP": 395, "EUR": 450}, TaxBasisPoints: points}, cfg.Pricing.rates())
	}
}

func TestRatesByCategoryAreRead(t *testing.T) {
	cfg, err := config.LoadFrom[settings](environment("PRICING_TAX_PERCENT=20", "PRICING_TAX_PERCENT_BY_CATEGORY=books:0,food:5.5"))
	require.NoError(t, err)
	assert.Equal(t, pricing.Rates{TaxBasisPoints: 2000, TaxByCategory: map[string]int64{"books": 0, "food": 550}}, cfg.Pricing.rates())
}

func TestWrongSettingsAreNamedInOneLineWithoutSecrets(t *testing.T) {
	for wrong, name := range map[string]string{
		"PRICING_TAX_PERCENT=2000":                "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=-1":                  "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=+1":                  "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=.5":                  "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=7.":                  "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=7.255":               "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=1e1":                 "PRICING_TAX_PERCENT",
		"PRICING_TAX_PERCENT=100.01":              "PRICING_TAX_PERCENT",
		"PRICING_SHIPPING_FLAT=395":               "PRICING_SHIPPING_FLAT",
		"PRICING_SHIPPING_FLAT=GBP:-1":            "PRICING_SHIPPING_FLAT",
		"PRICING_SHIPPING_FLAT=POUND:395":         "PRICING_SHIPPING_FLAT",
		"PRICING_TAX_PERCENT_BY_CATEGORY=books":   "PRICING_TAX_PERCENT_BY_CATEGORY",
		"PRICING_TAX_PERCENT_BY_CATEGORY=b:5,b:6": "PRICING_TAX_PERCENT_BY_CATEGORY",
		"PRICING_TAX_PERCENT_BY_CATEGORY=b:101":   "PRICING_TAX_PERCENT_BY_CATEGORY",
		"PRICING_TAX_PERCENT_BY_CATEGORY=Books:5": "PRICING_TAX_PERCENT_BY_CATEGORY",
		"IMPORT_MIB=0":                            "IMPORT_MIB",
		"IMPORT_MIB=513":                          "IMPORT_MIB",
		"AMQP_URL=http://catalog:hush@x/":         "AMQP_URL",
		"DATABASE_URL=":                           "DATABASE_URL",
		"MONGODB_URI=":                            "MONGODB_URI",
		"OIDC_ISSUER=http://issuer.example":       "OIDC_ISSUER",
	} {
		_, err := config.LoadFrom[settings](environment(wrong))
		require.Error(t, err, wrong)
		assert.Contains(t, err.Error(), name, wrong)
		assert.NotContains(t, err.Error(), "hush", wrong)
		assert.NotContains(t, err.Error(), "\n", wrong)
	}
}
