// Command paysim is a card payment provider to develop and test against: a separate program that speaks
// HTTP and JSON, keeps its own books on disk, and fails on demand in the ways real providers do.
//
// # API
//
// Every path under /v1 wants "Authorization: Bearer $PAYSIM_API_KEY". Amounts are integers in the minor
// unit of the currency (pence, cents).
//
//	POST /v1/authorizations               hold an amount on a card          201, or 402 when declined
//	GET  /v1/authorizations?reference=R   what the provider knows about R   200, an empty list when nothing
//	GET  /v1/authorizations/{id}          one authorization                 200 or 404
//	POST /v1/authorizations/{id}/void     give the hold back                200, 404, or 409 when declined or captured
//	GET  /v1/books[?reference=R]          totals and effects, for audits    200
//	GET  /livez /readyz /metrics          without a key
//
// Both POSTs require an Idempotency-Key, unique over the whole provider. A repeated key with the same request
// gets the first answer again with "Idempotent-Replayed: true"; with another request it is refused with 422;
// while the first request is still being worked on it is refused with 409 in_progress and Retry-After.
// A request that is malformed does not use up its key. Errors are application/problem+json with a code.
//
// # Test cards
//
// The source of an authorization chooses what happens. PAYSIM_SLOW is the delay of the slow ones.
//
//	card_approve              authorized
//	card_declined             declined: card_declined
//	card_insufficient_funds   declined: insufficient_funds
//	card_expired              declined: expired_card
//	card_slow                 authorized at once, the answer comes after PAYSIM_SLOW
//	card_slow_effect          authorized after PAYSIM_SLOW, even when the client has hung up or paysim was restarted
//	card_error                500, and never an effect
//	card_error_after_effect   authorized, but every POST with that key answers 500: only the lookup tells
//	card_flaky                503 without effect for the first two POSTs of a key, then authorized
//	card_other_amount         500, and the books have one minor unit less than was asked for
//	card_odd_text             declined: odd_text, with a message of 900 KB that has a NUL, an escape sequence and more
//
// Any other source is refused with 400 invalid_source.
//
// # Settings
//
//	PAYSIM_API_KEY  the key clients must present; required
//	PAYSIM_DATA     file of the books (default .ordersaga/paysim/paysim.db)
//	PAYSIM_SLOW     delay of the slow cards, a Go duration (default 3s)
//	HOST, PORT      where to listen (default 127.0.0.1 and 8084)
//
// The books are one bbolt file. Every operation is one transaction, synced to disk before it is answered, so an
// answer that was given survives kill -9.
package main

import "strings"

// card says how the provider treats a source of funds.
type card struct {
	declineCode  string // not empty: the authorization is declined for this reason
	noEffect     bool   // nothing is ever written to the books
	slowAnswer   bool   // the effect is immediate, the answer late
	slowEffect   bool   // the effect itself is late
	hiddenAnswer bool   // the client is told 500, whatever happened
	failures     int    // number of POSTs of one key that fail before the first effect
	less         int64  // minor units that the books have less than was asked for
}

// cards are the test cards, by source. The table in the package documentation describes them to users.
var cards = map[string]card{
	"card_approve":            {},
	"card_declined":           {declineCode: "card_declined"},
	"card_insufficient_funds": {declineCode: "insufficient_funds"},
	"card_expired":            {declineCode: "expired_card"},
	"card_slow":               {slowAnswer: true},
	"card_slow_effect":        {slowEffect: true},
	"card_error":              {noEffect: true, hiddenAnswer: true},
	"card_error_after_effect": {hiddenAnswer: true},
	"card_flaky":              {failures: 2},
	"card_other_amount":       {hiddenAnswer: true, less: 1},
	"card_odd_text":           {declineCode: "odd_text"},
}

// declineMessages are what a shopper may be shown, by decline code.
var declineMessages = map[string]string{
	"card_declined":      "The card was declined by its issuer.",
	"insufficient_funds": "The card has insufficient funds.",
	"expired_card":       "The card has expired.",
	"odd_text":           "\x00\x1b[2J\u202e# " + strings.Repeat("The card was declined. ", 40_000),
}
