// Package domain decides what an order's payment may do next at the payment provider. It makes no
// calls: its verbs take the time and the lease's owner, change the payment, and return the task
// that the caller has to carry out.
//
// A payment is the fold of its operations. An operation is of a kind: authorize; void, which is the
// undo of authorize; capture and refund. Every kind reaches the provider by the same attempt: send
// with one idempotency key, look up when no answer came, conclude. A dispute is recorded as it
// comes.
//
// A call of the provider cannot be inside a database transaction, so the barrier of the other
// services (the same do twice answers the same, an undo without its do leaves a tombstone, a late
// do is refused) is this instead: one transaction writes the intent and takes a lease; the holder
// of the lease alone calls the provider; another transaction records what it learned. A lease that
// runs out means that its holder is gone and its outcome unknown.
//
// The tables have a row for each state: of the authorization and, after a slash, of its void. A
// plus sign marks an operation under a live lease, an asterisk a request whose idempotency key the
// provider may have forgotten. A cell is the state that follows, the task of the caller, and an
// exclamation mark when an operator has to look; a dash changes nothing and asks for nothing.
//
// # Authorize
//
// The rows before anybody asked for the undo. The saga asks authorize and void, the resolver
// resume.
//
//	state      | authorize        | void                     | resume
//	none       | sending+ send    | none/needless            | -
//	sending+   | sending+ wait    | sending+/waiting wait    | -
//	sending    | sending+ send    | sending+/waiting lookup  | -
//	sending*+  | sending*+ wait   | sending+/waiting wait    | -
//	sending*   | sending*+ lookup | sending+/waiting lookup  | -
//	authorized | -                | authorized/sending+ send | -
//	declined   | -                | declined/needless        | -
//	voided     | -                | voided/succeeded         | -
//	expired    | -                | expired/succeeded        | -
//	captured   | -                | captured+/waiting lookup | -
//
// A fact of the provider is recorded, whichever caller brings it. One of another amount, currency,
// order or key than was asked for (other) is none.
//
//	state      | authorized               | other                      | declined | voided | expired | captured
//	none       | -                        | -                          | -        | -      | -       | -
//	sending+   | authorized               | sending !                  | declined | voided | expired | captured !
//	sending    | authorized               | sending !                  | declined | voided | expired | captured !
//	sending*+  | authorized               | sending* !                 | declined | voided | expired | captured !
//	sending*   | authorized               | sending* !                 | declined | voided | expired | captured !
//	authorized | -                        | -                          | -        | voided | expired | captured !
//	declined   | authorized/sending+ send | authorized/sending+ send ! | -        | -      | -       | captured/waiting !
//	voided     | -                        | -                          | -        | -      | -       | -
//	expired    | -                        | -                          | -        | -      | -       | -
//	captured   | -                        | -                          | -        | voided | -       | -
//
// An attempt ends without a fact: no_answer to what was sent; not_found by a lookup before and, as
// absent, after the lookup deadline; the lookup had no answer (no_fact); the provider says what we
// do not know (unclear).
//
//	state      | no_answer        | not_found | absent     | no_fact  | unclear
//	none       | -                | -         | -          | -        | -
//	sending+   | sending+ lookup  | sending   | sending    | sending  | sending !
//	sending    | -                | -         | -          | -        | -
//	sending*+  | sending*+ lookup | sending*  | sending* ! | sending* | sending* !
//	sending*   | -                | -         | -          | -        | -
//	authorized | -                | -         | -          | -        | -
//	declined   | -                | -         | -          | -        | -
//	voided     | -                | -         | -          | -        | -
//	expired    | -                | -         | -          | -        | -
//	captured   | -                | -         | -          | -        | -
//
// # Void
//
// The rows from the undo on. A void is waiting while it cannot be sent.
//
//	state               | authorize | void                     | resume
//	none/needless       | -         | -                        | -
//	sending+/waiting    | -         | sending+/waiting wait    | sending+/waiting wait
//	sending/waiting     | -         | sending+/waiting lookup  | sending+/waiting lookup
//	authorized/sending+ | -         | authorized/sending+ wait | authorized/sending+ wait
//	authorized/sending  | -         | authorized/sending+ send | authorized/sending+ send
//	captured+/waiting   | -         | captured+/waiting wait   | captured+/waiting wait
//	captured/waiting    | -         | captured+/waiting lookup | captured+/waiting lookup
//	declined/needless   | -         | -                        | -
//	voided/succeeded    | -         | -                        | -
//	expired/succeeded   | -         | -                        | -
//	absent+/needless    | -         | -                        | absent+/needless wait
//	absent/needless     | -         | -                        | absent+/needless lookup
//
// What is held is given back, also when it is another amount.
//
//	state               | authorized               | other                      | declined           | voided           | expired           | captured
//	none/needless       | -                        | -                          | -                  | -                | -                 | -
//	sending+/waiting    | authorized/sending+ send | authorized/sending+ send ! | declined/needless  | voided/succeeded | expired/succeeded | captured/waiting !
//	sending/waiting     | authorized/sending+ send | authorized/sending+ send ! | declined/needless  | voided/succeeded | expired/succeeded | captured/waiting !
//	authorized/sending+ | authorized/sending       | authorized/sending         | authorized/sending | voided/succeeded | expired/succeeded | captured/waiting !
//	authorized/sending  | -                        | -                          | -                  | voided/succeeded | expired/succeeded | captured/waiting !
//	captured+/waiting   | captured/waiting         | captured/waiting           | captured/waiting   | voided/succeeded | captured/waiting  | captured/waiting
//	captured/waiting    | -                        | -                          | -                  | voided/succeeded | -                 | -
//	declined/needless   | authorized/sending+ send | authorized/sending+ send ! | -                  | -                | -                 | captured/waiting !
//	voided/succeeded    | -                        | -                          | -                  | -                | -                 | -
//	expired/succeeded   | -                        | -                          | -                  | -                | -                 | -
//	absent+/needless    | authorized/sending+ send | authorized/sending+ send ! | declined/needless  | voided/succeeded | expired/succeeded | captured/waiting !
//	absent/needless     | authorized/sending+ send | authorized/sending+ send ! | declined/needless  | voided/succeeded | expired/succeeded | captured/waiting !
//
//	state               | no_answer                  | not_found          | absent             | no_fact            | unclear
//	none/needless       | -                          | -                  | -                  | -                  | -
//	sending+/waiting    | sending+/waiting lookup    | sending/waiting    | absent/needless    | sending/waiting    | sending/waiting !
//	sending/waiting     | -                          | -                  | -                  | -                  | -
//	authorized/sending+ | authorized/sending+ lookup | authorized/sending | authorized/sending | authorized/sending | authorized/sending !
//	authorized/sending  | -                          | -                  | -                  | -                  | -
//	captured+/waiting   | captured+/waiting lookup   | captured/waiting   | captured/waiting   | captured/waiting   | captured/waiting !
//	captured/waiting    | -                          | -                  | -                  | -                  | -
//	declined/needless   | -                          | -                  | -                  | -                  | -
//	voided/succeeded    | -                          | -                  | -                  | -                  | -
//	expired/succeeded   | -                          | -                  | -                  | -                  | -
//	absent+/needless    | absent+/needless lookup    | absent/needless    | absent/needless    | absent/needless    | absent/needless !
//	absent/needless     | -                          | -                  | -                  | -                  | -
//
// Why some cells are as they are:
//   - sending stays sending after the lookup deadline: the saga sends again with the same idempotency
//     key, as long as the provider is sure to know it. After that it only looks. Only an undo needs to
//     know that nothing will come.
//   - waiting does not send: a hold would be made only to be given back. It looks, until "not found"
//     is old enough to be believed.
//   - absent is looked for once more, long after: the provider may have been late. A charge that is
//     found then is given back, and so is one of a provider that had said "declined".
//   - a void is sent again however late, without regard to its key: it asks for a state and names what
//     is to have it, so a second one does the same.
//   - declined stays declined when it is undone: the saga's own barrier rule, a refusal is kept.
//   - what was captured and nobody here asked for cannot be voided: the void waits until an operator
//     has refunded it, which the provider then calls voided. An authorization that our own captures
//     explain stays authorized, with less of it open.
//
// # Capture and refund
//
// Both have the same table. The saga asks, the resolver polls. While a capture is sending or
// submitted its authorization takes no other one.
//
//	state      | ask              | poll
//	none       | sending+ send    | -
//	sending+   | sending+ wait    | sending+ wait
//	sending    | sending+ send    | sending+ lookup
//	sending*+  | sending*+ wait   | sending*+ wait
//	sending*   | sending*+ lookup | sending*+ lookup
//	submitted+ | -                | submitted+ wait
//	submitted  | -                | submitted+ lookup
//	succeeded  | -                | -
//	failed     | -                | -
//	reversed   | -                | -
//
// A fact of the provider is recorded, whichever caller brings it. One of another amount, order or
// key is none.
//
//	state      | submitted | succeeded  | failed   | other
//	none       | -         | -          | -        | -
//	sending+   | submitted | succeeded  | failed   | sending !
//	sending    | submitted | succeeded  | failed   | sending !
//	sending*+  | submitted | succeeded  | failed   | sending* !
//	sending*   | submitted | succeeded  | failed   | sending* !
//	submitted+ | submitted | succeeded  | failed   | submitted !
//	submitted  | -         | succeeded  | failed   | submitted !
//	succeeded  | -         | -          | reversed | -
//	failed     | -         | failed !   | -        | failed !
//	reversed   | -         | reversed ! | -        | reversed !
//
// An attempt ends without a fact, as above.
//
//	state      | no_answer         | not_found | absent     | no_fact   | unclear
//	none       | -                 | -         | -          | -         | -
//	sending+   | sending+ lookup   | sending   | sending    | sending   | sending !
//	sending    | -                 | -         | -          | -         | -
//	sending*+  | sending*+ lookup  | sending*  | sending* ! | sending*  | sending* !
//	sending*   | -                 | -         | -          | -         | -
//	submitted+ | submitted+ lookup | submitted | submitted  | submitted | submitted !
//	submitted  | -                 | -         | -          | -         | -
//	succeeded  | -                 | -         | -          | -         | -
//	failed     | -                 | -         | -          | -         | -
//	reversed   | -                 | -         | -          | -         | -
//
// Why some cells are as they are:
//   - poll never sends. A request that nobody waits for any more must not move money.
//   - failed and reversed are kept when the provider says succeeded afterwards: the money may have been
//     sent again meanwhile, under another key. An operator looks.
package domain
