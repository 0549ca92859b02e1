// Package domain decides what an authorization at the payment provider may do next. It calls nobody: its verbs take the
// time and the lease's owner, change the operation, and return the action that the caller has to carry out.
//
// A call of the provider cannot be inside a database transaction, so the barrier of the other services (the same do
// twice answers the same, an undo without its do leaves a tombstone, a late do is refused) is this table instead. One
// transaction writes the intent and takes a lease; the holder of the lease alone calls the provider; another
// transaction records what it learned. A lease that runs out means that its holder is gone and its outcome unknown.
//
// A plus sign marks a state under a live lease. A cell is the state that follows and the action for the caller; a dash
// changes nothing and asks for nothing.
//
// What is asked of an operation: by the saga, authorize and void (the undo of authorize); by the resolver, resume.
//
//	state            | authorize       | void                    | resume
//	none             | sending+ send   | tombstone               | -
//	sending+         | sending+ wait   | void_requested+ wait    | sending+ wait
//	sending          | sending+ send   | void_requested+ lookup  | -
//	authorized       | -               | voiding+ giveback       | -
//	declined         | -               | -                       | -
//	void_requested+  | -               | void_requested+ wait    | void_requested+ wait
//	void_requested   | -               | void_requested+ lookup  | void_requested+ lookup
//	voiding+         | -               | voiding+ wait           | voiding+ wait
//	voiding          | -               | voiding+ giveback       | voiding+ giveback
//	voided           | -               | -                       | -
//	never_charged    | -               | -                       | never_charged+ lookup
//	never_charged+   | -               | -                       | never_charged+ wait
//	tombstone        | -               | -                       | -
//
// What the holder of the lease learns. "authorized", "declined" and "voided" are facts of the provider and hold
// whoever brings them; the others only say that an attempt is over.
//
//	state            | authorized        | declined       | voided
//	none             | -                 | -              | -
//	sending+         | authorized        | declined       | voided
//	sending          | authorized        | declined       | voided
//	authorized       | -                 | -              | voided
//	declined         | voiding+ giveback | -              | -
//	void_requested+  | voiding+ giveback | declined       | voided
//	void_requested   | voiding+ giveback | declined       | voided
//	voiding+         | voiding+ giveback | -              | voided
//	voiding          | voiding+ giveback | -              | voided
//	voided           | -                 | -              | -
//	never_charged    | voiding+ giveback | declined       | voided
//	never_charged+   | voiding+ giveback | declined       | voided
//	tombstone        | -                 | -              | -
//
// An attempt is over without a fact: no_answer to the request to authorize; not_found by a lookup before and, as
// absent, after the lookup deadline; lookup_failed; void_failed.
//
//	state            | no_answer              | not_found      | absent        | lookup_failed  | void_failed
//	none             | -                      | -              | -             | -              | -
//	sending+         | sending+ lookup        | sending        | sending       | sending        | sending
//	sending          | -                      | -              | -             | -              | -
//	authorized       | -                      | -              | -             | -              | -
//	declined         | -                      | -              | -             | -              | -
//	void_requested+  | void_requested+ lookup | void_requested | never_charged | void_requested | void_requested
//	void_requested   | -                      | -              | -             | -              | -
//	voiding+         | voiding+ giveback      | voiding        | voiding       | voiding        | voiding
//	voiding          | -                      | -              | -             | -              | -
//	voided           | -                      | -              | -             | -              | -
//	never_charged    | -                      | -              | -             | -              | -
//	never_charged+   | never_charged          | never_charged  | never_charged | never_charged  | never_charged
//	tombstone        | -                      | -              | -             | -              | -
//
// Why some cells are as they are:
//   - sending stays sending after the lookup deadline: the saga sends again with the same idempotency key, which is
//     safe however late the first request takes effect. Only an undo needs to know that nothing will come.
//   - void_requested does not send: a hold would be made only to be given back. It looks, until "not found" is old
//     enough to be believed.
//   - never_charged is looked at once more, long after, because a belief is not a proof; a charge that came after all
//     is given back. So is one of a provider that said "declined" and charged nevertheless.
//   - declined stays declined when it is undone: the saga's own barrier rule, a refusal is kept.
package domain
