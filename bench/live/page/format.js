const numbers = new Intl.NumberFormat("en", {maximumFractionDigits: 0}); // created once, because that is expensive

// time returns a time in µs as text, with a suitable unit.
export const time = us => us >= 1e6 ? (us / 1e6).toPrecision(3) + " s" : us >= 1000 ? (us / 1000).toPrecision(3) + " ms" : Math.round(us) + " µs";

// count returns a number as text: 0 and numbers from 100 on as integers, others with three significant digits.
export const count = n => n >= 100 || n === 0 ? numbers.format(n) : n.toPrecision(3);

// whole returns an integer as text.
export const whole = n => numbers.format(n);

export const median = values => [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];

export const by = id => document.getElementById(id);

// put shows a text in an element, unless the element shows it already.
export function put(element, text) {
	if (element.firstChild?.data !== text) element.textContent = text;
}
