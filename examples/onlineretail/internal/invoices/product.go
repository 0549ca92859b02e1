package invoices

// Product of the shop, with the most frequent name and price of its rows.
type Product struct {
	SKU   string
	Name  string
	Price int64 // pence
}

// assortment learns the products from the rows.
type assortment struct {
	skus   []string // in the order in which they were first seen
	names  map[string]*ballot[string]
	prices map[string]*ballot[int64]
}

func newAssortment() *assortment {
	return &assortment{names: map[string]*ballot[string]{}, prices: map[string]*ballot[int64]{}}
}

func (a *assortment) see(r row) {
	if a.names[r.code] == nil {
		a.skus = append(a.skus, r.code)
		a.names[r.code], a.prices[r.code] = newBallot[string](), newBallot[int64]()
	}
	a.names[r.code].add(r.name)
	a.prices[r.code].add(r.price)
}

func (a *assortment) products() []Product {
	list := make([]Product, len(a.skus))
	for i, sku := range a.skus {
		list[i] = Product{SKU: sku, Name: a.names[sku].winner(), Price: a.prices[sku].winner()}
	}
	return list
}

// ballot finds the most frequent value.
type ballot[T comparable] struct {
	order []T
	votes map[T]int
}

func newBallot[T comparable]() *ballot[T] { return &ballot[T]{votes: map[T]int{}} }

func (b *ballot[T]) add(value T) {
	if b.votes[value] == 0 {
		b.order = append(b.order, value)
	}
	b.votes[value]++
}

// winner is the most frequent value; of equal ones the one seen first.
func (b *ballot[T]) winner() (best T) {
	for _, value := range b.order {
		if b.votes[value] > b.votes[best] {
			best = value
		}
	}
	return best
}
