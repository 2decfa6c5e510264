package calibrate_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"forktax/bench/calibrate"
)

const ms = time.Millisecond

// The server stalls for S = 500 ms in T = 10 s, at ρ = 0.1 and s = 1 ms. The slowest 1% of all arrivals are those of
// the first 100 ms of the stall. At the end of these 100 ms the response time is 500 − 0.9·0.01·10,000 + 1 = 411 ms.
// At q = 1 it is S + s.
func TestStallQuantile(t *testing.T) {
	check := func(rho, q float64, want time.Duration) {
		t.Helper()
		got := calibrate.StallQuantile(500*ms, 10*time.Second, ms, rho, q)
		if (got - want).Abs() > time.Microsecond {
			t.Errorf("quantile(%g) at ρ = %g = %v, want %v", q, rho, got, want)
		}
	}
	check(0.1, 0.99, 411*ms)
	check(0.1, 1, 501*ms)
	check(0, 0.96, 101*ms) // 500 − 0.04·10,000 + 1
}

// The service time s is 2 ms. At ρ = 0.5 the mean response time is 2 + 0.5·2/(2·0.5) = 3 ms; at ρ = 0.8, 2 + 0.8·2/0.4
// = 6 ms.
func TestSojourn(t *testing.T) {
	check := func(rho float64, want time.Duration) {
		t.Helper()
		if got := calibrate.Sojourn(2*ms, rho); (got - want).Abs() > time.Microsecond {
			t.Errorf("sojourn at ρ = %g = %v, want %v", rho, got, want)
		}
	}
	check(0, 2*ms)
	check(0.5, 3*ms)
	check(0.8, 6*ms)
}

// Three requests that arrive at 0, 1 and 10 ms and are served for 4 ms each: response times 4, 7 and 4 ms, mean 5 ms.
func TestIdealSojourn(t *testing.T) {
	if got, want := calibrate.IdealSojourn(4*ms, []time.Duration{0, ms, 10 * ms}), 5*ms; got != want {
		t.Errorf("ideal = %v, want %v", got, want)
	}
}

// The function chance agrees with simulated queues. It is compared with the standard deviation of the means of 400
// queues with 2,000 requests each, divided by the theoretical mean. The standard error of that is 1/√800 = 3.5%, so
// the tolerance of 20% is about six standard errors.
func TestQueueChance(t *testing.T) {
	const n, queues = 2000, 400
	random := rand.New(rand.NewPCG(1, 2))
	var sum, squares float64
	for range queues {
		var arrivals []time.Duration
		at := 0.0
		for range n {
			at += random.ExpFloat64() * 4e6 // a mean gap of 4 ms, with a service time of 2 ms
			arrivals = append(arrivals, time.Duration(at))
		}
		x := float64(calibrate.IdealSojourn(2*ms, arrivals)) / float64(3*ms)
		sum, squares = sum+x, squares+x*x
	}
	mean := sum / queues
	got, want := math.Sqrt(squares/queues-mean*mean), calibrate.QueueChance(n)
	if math.Abs(got/want-1) > 0.2 || math.Abs(mean-1) > 0.01 {
		t.Errorf("simulated mean over theoretical mean: %.3f ± %.4f, want 1 ± %.4f", mean, got, want)
	}
}

func TestSlope(t *testing.T) {
	check := func(x, y []float64, want float64) {
		t.Helper()
		if got := calibrate.Slope(x, y); math.Abs(got-want) > 1e-12 {
			t.Errorf("slope(%v, %v) = %v, want %v", x, y, got, want)
		}
	}
	check([]float64{1, 2, 3}, []float64{5, 7, 9}, 2)
	check([]float64{0, 1, 2}, []float64{0, 0, 3}, 1.5) // Σ(x−1)(y−1) = 1+2 over Σ(x−1)² = 2
	if got := calibrate.Slope([]float64{2, 2}, []float64{1, 3}); !math.IsNaN(got) {
		t.Errorf("slope of a vertical line = %v, want NaN", got)
	}
}

// Gaps that are the quantiles of an exponential distribution have the smallest distance, half a step: √n/2n. Gaps that
// all equal the mean have the distance 1−1/e, times √n.
func TestKolmogorov(t *testing.T) {
	const n = 100
	var quantiles, even []time.Duration
	at := 0.0
	for i := range n {
		at += -math.Log(1-(float64(i)+0.5)/n) / 500 * 1e9
		quantiles = append(quantiles, time.Duration(at))
		even = append(even, time.Duration(i+1)*2*ms)
	}
	if got, want := calibrate.Kolmogorov(quantiles, 500), 0.05; math.Abs(got-want) > 0.001 {
		t.Errorf("quantiles: kolmogorov = %.4f, want %.4f", got, want)
	}
	if got, want := calibrate.Kolmogorov(even, 500), 10*(1-1/math.E); math.Abs(got-want) > 0.001 {
		t.Errorf("even gaps: kolmogorov = %.4f, want %.4f", got, want)
	}
}

func TestDifferent(t *testing.T) {
	check := func(a, b []time.Duration, want int) {
		t.Helper()
		if got := calibrate.Different(a, b); got != want {
			t.Errorf("different(%v, %v) = %d, want %d", a, b, got, want)
		}
	}
	check(nil, nil, 0)
	check([]time.Duration{1, 2, 3}, []time.Duration{1, 2, 3}, 0)
	check([]time.Duration{1, 2, 3}, []time.Duration{1, 3}, 1)
	check([]time.Duration{1, 3}, []time.Duration{1, 2, 4}, 3)
	check([]time.Duration{1}, nil, 1)
	check([]time.Duration{2}, []time.Duration{2, 2}, 1)
}

// Of the values 1 to 1000 the ⌈p·1000⌉-th is p·1000. There are too few values for p99.9.
func TestCounted(t *testing.T) {
	var values []time.Duration
	for i := 1000; i > 0; i-- {
		values = append(values, time.Duration(i))
	}
	check := func(thousandths int, want int64, ok bool) {
		t.Helper()
		if got, has := calibrate.Counted(values, thousandths); has != ok || has && got != want {
			t.Errorf("percentileOf(%d) = %d, %v, want %d, %v", thousandths, got, has, want, ok)
		}
	}
	check(500, 500, true)
	check(990, 990, true)
	check(999, 0, false)
	check(1000, 1000, true)
}

func TestServiceSpec(t *testing.T) {
	for _, want := range []calibrate.ServiceSpec{
		{Time: ms},
		{Time: 200 * time.Microsecond, Spread: 8 * ms, Seed: 7, Serial: true, Spin: true, Halves: true, Fail: 10},
	} {
		path := want.Path()
		if got, err := calibrate.ParseServiceSpec(path[len("/serve?"):]); err != nil || got != want {
			t.Errorf("ParseServiceSpec(%q) = %+v, %v, want %+v", path, got, err, want)
		}
	}
	for _, query := range []string{"", "ask=", "ask={", `ask={"Time":"soon"}`, `ask={"Spread":"x"}`, `ask={"Seed":-1}`,
		`ask={"Fail":"x"}`, "%zz"} {
		if got, err := calibrate.ParseServiceSpec(query); err == nil {
			t.Errorf("ParseServiceSpec(%q) = %+v, want an error", query, got)
		}
	}
	a := calibrate.ServiceSpec{Time: ms, Spread: ms, Seed: 1, Fail: 3}
	again := a.Duration(4)
	if a.Duration(4) != again || a.Duration(4) == a.Duration(5) || a.Duration(4) < ms {
		t.Errorf("Duration(4) = %v and %v, Duration(5) = %v: want equal for the same request, different ones otherwise, and "+
			"at least %v", a.Duration(4), again, a.Duration(5), ms)
	}
	if a.Fails(1) || !a.Fails(2) || !a.Fails(5) || (calibrate.ServiceSpec{}).Fails(0) {
		t.Error("Fails: want true for every third request with Fail: 3, and false for the zero spec")
	}
}
