package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider"
	"github.com/ordersaga/ordersaga/services/payments/internal/provider/paysim"
)

// gateway is the payment provider of the settings: the one place to put another.
func (s settings) gateway() (provider.Border, error) {
	adapter, err := paysim.New(s.ProviderURL, s.ProviderKey.Reveal(), s.ProviderTimeout)
	return provider.Border{Provider: adapter}, err
}

// providerEncrypted tells whether our API key leaves this machine by TLS only.
func (s settings) providerEncrypted() error {
	provider, err := url.Parse(s.ProviderURL)
	if err != nil || provider.Scheme == "https" || doctor.Local(provider.Host) {
		return nil // what is no URL is refused by the gateway
	}
	return fmt.Errorf("must begin with https: %s is not this machine", provider.Host)
}

// askProvider looks up a payment that nobody made: the provider answers that it
// does not know it, if the address and the key are right.
func (s settings) askProvider(ctx context.Context) (string, error) {
	gateway, err := s.gateway()
	if err != nil {
		return "", err
	}
	fact, err := gateway.Lookup(ctx, uuid.Nil.String(), "doctor")
	if err != nil {
		return "", fmt.Errorf("the payment provider does not answer as it should (PAYMENT_PROVIDER_URL, PAYMENT_PROVIDER_KEY): %w", err)
	}
	if fact.Kind != provider.NotFound {
		return "", fmt.Errorf("the payment provider knows of a payment that nobody made: %s", fact.Kind)
	}
	return "the payment provider answers and takes our key", nil
}
