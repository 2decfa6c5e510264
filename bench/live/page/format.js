const numbers = new Intl.NumberFormat("en", {maximumFractionDigits: 0}); // made once: that is expensive

// time is a time in µs with a fitting unit.
export const time = us => us >= 1e6 ? (us / 1e6).toPrecision(3) + " s" : us >= 1000 ? (us / 1000).toPrecision(3) + " ms" : Math.round(us) + " µs";

// count is a number with three digits at least, as far as it has them.
export const count = n => n >= 100 || n === 0 ? numbers.format(n) : n.toPrecision(3);

// whole is a number of things.
export const whole = n => numbers.format(n);

export const median = values => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];

export const by = id => document.getElementById(id);

// put shows a text, and does nothing if it is shown already.
export function put(element, text) {
	if (element.firstChild?.data !== text) element.textContent = text;
}
