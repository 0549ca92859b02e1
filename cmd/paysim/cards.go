// Command paysim is a card payment provider to develop and test against: a separate program that
// speaks HTTP and JSON, keeps its own books on disk, and fails on demand in the ways real providers
// do.
//
// # API
//
// Every path under /v1 wants "Authorization: Bearer $PAYSIM_API_KEY". Amounts are integers in the
// minor unit of the currency (pence, cents), but ISK in hundredths, as some providers count it.
//
//	POST /v1/authorizations               hold an amount on a card          201, or 402 when declined
//	GET  /v1/authorizations?reference=R   what the provider knows about R   200, an empty list when nothing
//	GET  /v1/authorizations/{id}          one authorization                 200 or 404
//	POST /v1/authorizations/{id}/void     give back what is held            200, 404, or 409 when nothing is
//	POST /v1/authorizations/{id}/captures take {"amount","final"} of it     201, 404, or 402 with why it failed
//	POST /v1/captures/{id}/refunds        give {"amount"} back              201, 404, or 402 with why it failed
//	GET  /v1/statement?reference=R        everything of R as it is now      200
//	GET  /v1/list[?after=N&limit=L]       every record by its last change   200, with the cursor of the next page
//	GET  /v1/books[?reference=R]          totals and effects, for audits    200
//	GET  /livez /readyz /metrics          without a key
//
// An authorization's amount is the sum of what is open, captured, voided and expired. It lasts
// seven days. A capture or refund is pending, succeeded or failed; it may fail after it has
// succeeded. Refunds and disputes that are not won take no more of a capture than it has.
//
// The POSTs that move money require an Idempotency-Key, unique over the whole provider. A repeated
// key with the same request gets the first answer again with "Idempotent-Replayed: true"; with
// another request it is refused with 422; while the first request is still being worked on it is
// refused with 409 in_progress and Retry-After. A request that is malformed does not use up its
// key. After PAYSIM_KEY_LIFETIME a key is forgotten, and the same request with it is a new one.
// Errors are application/problem+json with a code.
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
// Of these cards an authorization is made as of card_approve, and something happens later:
//
//	card_capture_once         it can be captured once; what is left is given back then
//	card_stored               it has a stored method, and the consent to charge it again; that method works like card_approve
//	card_expires              it expires after PAYSIM_SLOW
//	card_voided_outside       it is voided after PAYSIM_SLOW, by nobody here
//	card_capture_declined     captures fail at once: card_declined
//	card_capture_pending      captures are pending, and succeed after PAYSIM_SLOW
//	card_capture_fails        captures are pending, and fail after PAYSIM_SLOW
//	card_capture_reversed     captures succeed, and fail after PAYSIM_SLOW
//	card_capture_error        captures are made, but every POST with that key answers 500
//	card_capture_flaky        503 without effect for the first two POSTs of a capture's key
//	card_refund_declined      refunds fail at once: refund_declined
//	card_refund_pending       refunds are pending, and succeed after PAYSIM_SLOW
//	card_refund_fails         refunds are pending, and fail after PAYSIM_SLOW
//	card_refund_reversed      refunds succeed, and fail after PAYSIM_SLOW
//	card_refund_error         refunds are made, but every POST with that key answers 500
//	card_disputed             captures are disputed at once, with a fee of 1500 minor units
//	card_dispute_won          the same, and the dispute is won
//	card_dispute_lost         the same, and the dispute is lost
//
// Any other source is refused with 400 invalid_source.
//
// # Simulations
//
// What happens at a provider by itself a test can let happen at once, each with 204, 404, or 409
// when it is not possible:
//
//	POST /v1/simulate/authorization/{id}/voided         or expired
//	POST /v1/simulate/capture/{id}/failed               or succeeded, of a pending one
//	POST /v1/simulate/refund/{id}/failed                or succeeded, of a pending one
//	POST /v1/simulate/capture/{id}/disputed             201; {"amount","fee"} if not all that is left and 1500
//	POST /v1/simulate/dispute/{id}/won                  or lost
//	POST /v1/simulate/forget-keys                       every Idempotency-Key
//
// # Settings
//
//	PAYSIM_API_KEY  the key clients must present; required
//	PAYSIM_DATA     file of the books (default .ordersaga/paysim/paysim.db)
//	PAYSIM_SLOW     delay of the slow cards and of what happens later, a Go duration (default 3s)
//	PAYSIM_KEY_LIFETIME  after which an Idempotency-Key is forgotten (default 24h)
//	HOST, PORT      where to listen (default 127.0.0.1 and 8084)
//
// The books are one bbolt file. Every operation is one transaction, synced to disk before it is
// answered, so an answer that was given survives kill -9.
package main

import (
	"strings"
	"time"
)

// card says how the provider treats a source of funds.
type card struct {
	declineCode  string // not empty: the authorization is declined for this reason
	noEffect     bool   // nothing is ever written to the books
	slowAnswer   bool   // the effect is immediate, the answer late
	slowEffect   bool   // the effect itself is late
	hiddenAnswer bool   // the client is told 500, whatever happened
	failures     int    // number of POSTs of one key that fail before the first effect
	less         int64  // minor units that the books have less than was asked for

	singleCapture bool   // the first capture is the last
	stored        bool   // the method is stored, with consent
	expires       bool   // the authorization lasts PAYSIM_SLOW only
	voidedOutside bool   // it is voided after PAYSIM_SLOW
	capture       script // what becomes of captures
	refund        script // what becomes of refunds
	dispute       Status // captures are disputed at once: how that ends, or StatusOpen
}

// authorizationLifetime is how long an authorization lasts.
const authorizationLifetime = 7 * 24 * time.Hour

// storedMethod is the stored method of card_stored.
const storedMethod = "stored_card"

// cards are the test cards, by source. The table in the package documentation describes them to
// users.
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

	"card_capture_once":     {singleCapture: true},
	"card_stored":           {stored: true},
	storedMethod:            {stored: true},
	"card_expires":          {expires: true},
	"card_voided_outside":   {voidedOutside: true},
	"card_capture_declined": {capture: script{decline: "card_declined"}},
	"card_capture_pending":  {capture: script{pending: true}},
	"card_capture_fails":    {capture: script{pending: true, fails: "card_declined"}},
	"card_capture_reversed": {capture: script{fails: "bank_reversed"}},
	"card_capture_error":    {capture: script{hidden: true}},
	"card_capture_flaky":    {capture: script{failures: 2}},
	"card_refund_declined":  {refund: script{decline: "refund_declined"}},
	"card_refund_pending":   {refund: script{pending: true}},
	"card_refund_fails":     {refund: script{pending: true, fails: "account_closed"}},
	"card_refund_reversed":  {refund: script{fails: "account_closed"}},
	"card_refund_error":     {refund: script{hidden: true}},
	"card_disputed":         {dispute: StatusOpen},
	"card_dispute_won":      {dispute: StatusWon},
	"card_dispute_lost":     {dispute: StatusLost},
}

// declineMessages are what a shopper may be shown, by decline code.
var declineMessages = map[string]string{
	"card_declined":      "The card was declined by its issuer.",
	"insufficient_funds": "The card has insufficient funds.",
	"expired_card":       "The card has expired.",
	"refund_declined":    "The refund was declined by the issuer.",
	"account_closed":     "The account of the card was closed.",
	"bank_reversed":      "The bank took the payment back.",
	"odd_text":           "\x00\x1b[2J\u202e# " + strings.Repeat("The card was declined. ", 40_000),
}

// messageOf a decline or failure code.
func messageOf(code string) string {
	if message := declineMessages[code]; message != "" {
		return message
	}
	return "The request failed: " + strings.ReplaceAll(code, "_", " ") + "."
}
