package auth

import (
	"encoding/json"
	"strings"
)

// claims has the claims that issuers name differently.
type claims struct {
	// Scopes: "scope" as one text (RFC 8693), "scp" as one text or as a list.
	Scope string          `json:"scope"`
	Scp   json.RawMessage `json:"scp"`
	// The client: "client_id" (RFC 9068), "azp" (OpenID Connect; Keycloak, Auth0), "appid" (Entra
	// ID), "cid" (Okta). Some issuers use these names for other values, such as numbers.
	ClientID        any `json:"client_id"`
	AuthorizedParty any `json:"azp"`
	AppID           any `json:"appid"`
	CID             any `json:"cid"`
}

func (c claims) scopes() []string {
	scopes := strings.Fields(c.Scope)
	var text string
	var list []string
	switch {
	case json.Unmarshal(c.Scp, &list) == nil:
		scopes = append(scopes, list...)
	case json.Unmarshal(c.Scp, &text) == nil:
		scopes = append(scopes, strings.Fields(text)...)
	}
	return scopes
}

// client returns the client's id. It is the subject when no claim names the client: by RFC 9068,
// section 2.2, the subject of a token by client credentials identifies the client.
func (c claims) client(subject string) string {
	for _, claim := range []any{c.ClientID, c.AuthorizedParty, c.AppID, c.CID} {
		if id, ok := claim.(string); ok && id != "" {
			return id
		}
	}
	return subject
}
