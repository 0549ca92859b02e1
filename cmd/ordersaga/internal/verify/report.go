package verify

// named bounds the reported offenders of an invariant.
const named = 10

// Report is the result for all invariants, in their order.
type Report struct {
	OK         bool         `json:"ok"`
	Seconds    float64      `json:"seconds"`
	Invariants []*Invariant `json:"invariants"`
}

// Invariant is a rule that always holds, with the result of its check.
type Invariant struct {
	ID      string `json:"id"`
	Rule    string `json:"rule"`
	Checked string `json:"checked"`
	OK      bool   `json:"ok"`
	// Figures in the order of the report.
	Figures []Figure `json:"figures"`
	// Violations counts them, Offenders are the first ten.
	Violations int        `json:"violations"`
	Offenders  []Offender `json:"offenders"`
}

// Figure is a count or a sum.
type Figure struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
	// Currency of a sum of money, whose value is in its minor units.
	Currency string `json:"currency,omitempty"`
}

// Offender breaks an invariant: an order, a SKU, a queue.
type Offender struct {
	What    string `json:"what"`
	Problem string `json:"problem"`
}

func (i *Invariant) figure(name string, value int64) {
	i.Figures = append(i.Figures, Figure{Name: name, Value: value})
}

func (i *Invariant) sum(name string, minor int64, currency string) {
	i.Figures = append(i.Figures, Figure{Name: name, Value: minor, Currency: currency})
}

func (i *Invariant) violated(what, problem string) {
	i.Violations++
	if len(i.Offenders) < named {
		i.Offenders = append(i.Offenders, Offender{what, problem})
	}
}

// invariants of ARCHITECTURE.md.
type invariants struct{ stock, money, agreement, progress, delivery, dead *Invariant }

func newInvariants() invariants {
	return invariants{
		stock:     &Invariant{ID: "I1", Rule: "stock adds up, nothing is oversold", Checked: "levels against reservations and journal, in one statement"},
		money:     &Invariant{ID: "I2", Rule: "no money is held that no order owes", Checked: "payments against orders, journal and provider"},
		agreement: &Invariant{ID: "I3", Rule: "orders, stock and money agree", Checked: "orders by the log against reservations and payments"},
		progress:  &Invariant{ID: "I4", Rule: "every order comes to its end", Checked: "open orders, until they settle or say why not"},
		delivery:  &Invariant{ID: "I5", Rule: "every event arrives at least once and changes state once", Checked: "outboxes, queues, subscriptions; documents against their source"},
		dead:      &Invariant{ID: "I6", Rule: "dead letters are poison only", Checked: "dead-letter queues, with each letter's cause"},
	}
}

func (v invariants) report() *Report {
	report := &Report{OK: true, Invariants: []*Invariant{v.stock, v.money, v.agreement, v.progress, v.delivery, v.dead}}
	for _, invariant := range report.Invariants {
		invariant.OK = invariant.Violations == 0
		report.OK = report.OK && invariant.OK
		if invariant.Offenders == nil {
			invariant.Offenders = []Offender{}
		}
	}
	return report
}
