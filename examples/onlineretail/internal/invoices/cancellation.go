package invoices

// Cancellation takes units of an order back.
type Cancellation struct {
	Number string
	// Lines in the order in which their SKUs first stand on it, each SKU once, with the sum.
	Lines []Line
	Rows  int
	// Whole means that it takes back all that was ordered.
	Whole bool
}

// withdrawals are the cancellations of a file whose rows are being read.
type withdrawals struct {
	order    []*withdrawal
	byNumber map[string]*withdrawal
}

// withdrawal is one of them. It names a customer, not the invoice that it cancels.
type withdrawal struct {
	Cancellation
	customer string
	at       int  // its first row
	other    bool // it has rows that take back no product: postage, a discount
}

func (w *withdrawals) take(r row, at int) {
	c := w.byNumber[r.invoice]
	if c == nil {
		c = &withdrawal{Cancellation: Cancellation{Number: r.invoice}, at: at}
		if w.byNumber == nil {
			w.byNumber = map[string]*withdrawal{}
		}
		w.byNumber[r.invoice] = c
		w.order = append(w.order, c)
	}
	if c.customer == "" {
		c.customer = r.customer
	}
	c.Rows++
	if !isProduct(r.code) || r.quantity >= 0 {
		c.other = true
		return
	}
	for i := range c.Lines {
		if c.Lines[i].SKU == r.code {
			c.Lines[i].Quantity -= r.quantity
			return
		}
	}
	c.Lines = append(c.Lines, Line{SKU: r.code, Quantity: -r.quantity})
}

// match gives each cancellation to the customer's newest earlier invoice that still has its units.
// Without one it takes back what another file sold.
func (w *withdrawals) match(list []Invoice, sales map[string]*sale) {
	left := make([]map[string]int64, len(list)) // units by SKU that are not taken back, once asked for
	for _, c := range w.order {
		if c.other || c.customer == "" {
			continue
		}
		for i := len(list) - 1; i >= 0; i-- {
			invoice := &list[i]
			if sales[invoice.Number].at > c.at || invoice.Shopper != "customer-"+c.customer {
				continue
			}
			if left[i] == nil {
				left[i] = map[string]int64{}
				for _, line := range invoice.Lines {
					left[i][line.SKU] = line.Quantity
				}
			}
			if c.takeFrom(left[i]) {
				c.Whole = c.units() == invoice.Units
				invoice.Cancellations = append(invoice.Cancellations, c.Cancellation)
				break
			}
		}
	}
}

// takeFrom takes all units, or none when there are too few of one.
func (c *Cancellation) takeFrom(left map[string]int64) bool {
	for _, line := range c.Lines {
		if left[line.SKU] < line.Quantity {
			return false
		}
	}
	for _, line := range c.Lines {
		left[line.SKU] -= line.Quantity
	}
	return true
}

func (c *Cancellation) units() (sum int64) {
	for _, line := range c.Lines {
		sum += line.Quantity
	}
	return sum
}
