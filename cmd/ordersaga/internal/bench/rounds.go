package bench

import (
	"context"
	"slices"
	"time"
)

const (
	// settle is how long projections and publishing get after the last order, before CPU times are
	// read: they belong to the orders.
	settle = 1500 * time.Millisecond
	// warm is how long each case runs once before the rounds, for connections, tokens, caches and
	// prepared statements.
	warm = time.Second
)

// measureAll measures the cases in turns, round by round, and makes their figures.
func (s *system) measureAll(ctx context.Context, cases []*Case) error {
	for number := range s.Rounds + 1 {
		for _, c := range cases {
			span := s.For
			if c.Part == Reads { // thousands come in this time, and nothing follows them
				span /= 2
			}
			if number == 0 {
				span = min(span, warm)
			}
			if c.before != nil {
				if err := c.before(ctx); err != nil {
					return err
				}
			}
			s.Say("round %d of %d: %s, %s", number, s.Rounds, c, span)
			measured, err := s.measure(ctx, c, span, number > 0)
			if err != nil {
				return err
			}
			if number > 0 {
				c.rounds = append(c.rounds, measured)
			}
		}
		if err := s.stopStarted(); err != nil {
			return err
		}
	}
	for _, c := range cases {
		c.sum()
	}
	return nil
}

// measure does one round of a case. Without counting its figures do not count.
func (s *system) measure(ctx context.Context, c *Case, span time.Duration, counting bool) (round, error) {
	before, err := s.read(ctx)
	if err != nil {
		return round{}, err
	}
	run := c.run
	if run == nil {
		run = func(ctx context.Context, span time.Duration) ([]time.Duration, time.Duration, error) {
			return load(ctx, c.Callers, span, c.do)
		}
	}
	times, took, err := run(ctx, span)
	if err != nil {
		return round{}, err
	}
	if counting && c.Part != Reads {
		select {
		case <-ctx.Done():
			return round{}, context.Cause(ctx)
		case <-time.After(settle):
		}
	}
	after, err := s.read(ctx)
	if err != nil {
		return round{}, err
	}
	slices.Sort(times)
	units := float64(len(times))
	r := round{
		units: len(times), perSecond: units / took.Seconds(),
		p50: percentile(times, 50), p95: percentile(times, 95), p99: percentile(times, 99),
		cpu: map[string]float64{}, counts: map[string]float64{},
	}
	for name, used := range after.cpu {
		// A process that began again would have used less than before.
		r.cpu[name] = max(0, (used-before.cpu[name]).Seconds()) * 1000 / units
		r.cpuTotal += r.cpu[name]
		if !slices.Contains(notOwn, name) {
			r.cpuOwn += r.cpu[name]
		}
	}
	for name, count := range after.counts {
		r.counts[name] = (count - before.counts[name]) / units
	}
	return r, nil
}

type readings struct {
	cpu    map[string]time.Duration
	counts map[string]float64
}

func (s *system) read(ctx context.Context) (r readings, err error) {
	dirs, pages := []string{s.Stack.Dir}, metricsPages(s.Stack.Ports)
	if s.started != nil {
		dirs, pages = append(dirs, s.started.dir), append(pages, s.started.pages...)
	}
	if r.counts, err = counted(ctx, pages, s.db, s.Engines.Databases); err != nil {
		return r, err
	}
	r.cpu, err = cpuTimes(dirs, s.Engines.Pids)
	return r, err
}
