// The page of forktax live. It controls both sides and shows their state.

import {by, count, put, time, whole} from "./format.js";
import {Marks, Waterfall, longest} from "./picture.js";
import * as chart from "./chart.js";
import {tour} from "./tour.js";

const sides = [0, 1].map(i => {
	const box = by("side" + i);
	box.append(by("side").content.cloneNode(true));
	const part = name => box.querySelector("." + name);
	return {part, title: box.querySelector("h2"), marks: new Marks(part("marks")), waterfall: new Waterfall(part("phases"))};
});
let choices = [], limits = null, setup = null;

// The form: its values, and the texts that it shows.

const byRate = () => by("kind").value === "rate";
const steps = 100; // steps of the logarithmic slider of the rate per factor of ten
const amount = () => byRate() ? Math.round(10 ** (by("amount").value / steps)) : Number(by("amount").value);
const modelOf = view => limits.models.find(m => m.name === view.model);
const choice = () => choices.find(c => c.name === by("workload").value);

function options(select, values, chosen) {
	select.replaceChildren(...values.map(v => new Option(v, v, false, v === chosen)));
	select.disabled = values.length < 2;
	select.closest("label").hidden = values.length === 0;
}

function bounds() {
	put(by("amount-name"), byRate() ? "Rate" : "Clients");
	by("amount").min = byRate() ? 0 : 1;
	by("amount").max = byRate() ? Math.log10(limits.most_rate) * steps : limits.most_clients;
}

function shown() {
	const said = amount() + (byRate() ? "/s" : "");
	put(by("amount-shown"), " " + said);
	by("amount").ariaValueText = said; // the value of the slider of the rate is a logarithm
	for (const id of ["work", "connect"]) put(by(id + "-shown"), ` ${by(id).value} ms`);
}

const same = (a, b) => a && b && Object.keys(a).every(key => String(a[key]) === String(b[key]));

function fill(s) {
	setup = s;
	options(by("workload"), choices.map(c => c.name), s.workload);
	options(by("database"), choice().databases ?? [], s.database);
	options(by("left"), choice().models, s.models[0]);
	options(by("right"), choice().models, s.models[1]);
	by("kind").value = s.rate_rps > 0 ? "rate" : "clients";
	bounds();
	by("amount").value = s.rate_rps > 0 ? Math.log10(s.rate_rps) * steps : s.clients;
	by("work").value = s.work_ms;
	by("connect").value = s.connect_ms;
	shown();
}

const chosen = () => ({
	workload: by("workload").value, models: [by("left").value, by("right").value], database: by("database").value,
	clients: byRate() ? 0 : amount(), rate_rps: byRate() ? amount() : 0,
	work_ms: Number(by("work").value), connect_ms: Number(by("connect").value),
});

async function set(next) {
	put(by("trouble"), "");
	put(by("state"), "setting up");
	const answer = await fetch("setup", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(next)});
	if (answer.ok) fill(next);
	else put(by("trouble"), await answer.text());
}

by("setup").addEventListener("input", shown);
by("setup").addEventListener("submit", event => event.preventDefault());
by("setup").addEventListener("change", event => {
	if (event.target.id === "kind") {
		bounds();
		by("amount").value = byRate() ? steps : 4; // 10 requests/s or 4 clients
	}
	const next = chosen();
	if (event.target.id === "workload") {
		next.models = [limits.ladder.at(-1), limits.ladder[0]];
		next.database = (choice().databases ?? [""])[0];
	}
	put(by("note"), "");
	if (event.target.id === "work" || event.target.id === "connect") {
		if (next.workload !== "startup") put(by("note"), `Only the workload startup has this slider: switched from ${next.workload} to startup.`);
		next.workload = "startup";
		next.database = "";
	} else if (next.workload !== "startup") {
		next.work_ms = next.connect_ms = 0;
	}
	set(next);
});

// The display. Pictures and figures are updated with each frame, everything else once per second.

let frame = null, drawing = false, rested = 0, failure = "";
let before = null; // number of processes started before this page was opened

function told(next) {
	frame = next;
	if (frame.sides.length === 2) chart.remember(frame.sides);
	if (drawing) return;
	drawing = true; // a browser calls back only for a visible page
	requestAnimationFrame(() => { drawing = false; draw(); });
}

function draw() {
	before ??= frame.processes;
	put(by("processes"), whole(frame.processes - before));
	put(by("state"), frame.failure ? "" : frame.sides.length ? "running" : "starting");
	const now = frame.failure || frame.sides.find(v => v.failure)?.failure || "";
	if (now !== failure) put(by("trouble"), failure = now);
	frame.sides.forEach((view, i) => {
		sides[i].marks.show({...view, spawns: (modelOf(view)?.process ?? "kept") !== "kept"});
		sides[i].waterfall.scale = by("zoom").checked ? longest(view) : Math.max(...frame.sides.map(longest));
		sides[i].waterfall.show(view);
		figures(sides[i], view);
	});
	if (performance.now() - rested < 950) return;
	rested = performance.now();
	for (const s of sides) put(s.part("medians"), s.waterfall.medians());
	headline();
	chart.draw();
	pick();
	paid();
}

function figures(side, v) {
	put(side.title, `${v.model}: ${modelOf(v)?.about ?? ""} (process ${v.pid})`);
	const texts = {
		rps: count(v.rps), p50: v.p50_us ? time(v.p50_us) : "–", p99: v.p99_us ? time(v.p99_us) : "–",
		cpu: v.cpu_us ? time(v.cpu_us) : "–", cores: v.cpu.toFixed(2),
		started: whole(v.processes), connections: whole(v.connections), errors: whole(v.errors),
	};
	for (const [name, text] of Object.entries(texts)) put(side.part(name), text);
}

// headline shows the ratio of the median response times, with the slower side first.
function headline() {
	const [slow, fast] = frame.sides.toSorted((a, b) => b.p50_us - a.p50_us);
	if (!fast?.p50_us) return put(by("headline"), "");
	const ratio = slow.p50_us / fast.p50_us;
	put(by("headline"), ratio < 1.1 ? `Both take ${time(fast.p50_us)}`
		: `${slow.model} takes ${count(Number(ratio.toPrecision(2)))} times as long as ${fast.model}: ${time(slow.p50_us)} against ${time(fast.p50_us)}`);
}

// pick shows how many cores a number of requests per day needs, if the peak rate is ten times the mean rate of the
// day.
function pick() {
	const daily = Number(by("daily").value);
	if (!(daily > 0)) return put(by("pick"), "Enter a number of requests per day above 0.");
	if (frame?.sides.length !== 2) return;
	if (frame.sides.some(v => !v.cpu_us || !v.p50_us)) return put(by("pick"), "");
	const peak = daily / 86400 * 10;
	const cores = frame.sides.map(v => peak * v.cpu_us / 1e6);
	const needed = cores.map(n => Math.ceil(n * 1.4));
	const needs = n => n < 0.02 ? `${Number((n * 100).toPrecision(2))}% of a core` : n < 0.7 ? `${Math.round(n * 100)}% of a core` : `${Math.ceil(n * 1.4)} cores`;
	const lines = frame.sides.map((v, i) => `${v.model} needs ${needs(cores[i])}`);
	const most = Math.max(...cores);
	const advice = most < 0.1
		? `Both have enough capacity. The difference is the response time: ${frame.sides.map(v => time(v.p50_us)).join(" or ")}.`
		: most < 0.7 ? "Both fit on one core."
		: frame.sides.filter(starts).length === 1 && needed[0] !== needed[1] ? "At this rate, keeping the process saves whole cores."
		: `The difference is ${Number(Math.abs(cores[0] - cores[1]).toPrecision(2))} cores.`;
	put(by("pick"), `At a peak of ${count(peak)} requests/s, ten times the daily mean: ${lines.join(", ")}. ${advice}`);
}
by("daily").addEventListener("input", pick);

// starts reports whether a side starts a process for each request.
const starts = v => (modelOf(v)?.process ?? "kept") === "request";

// paid shows after how many requests a resident process has used less CPU time, including its startup, than a process
// per request.
function paid() {
	const fresh = frame?.sides.find(starts), kept = frame?.sides.find(v => !starts(v));
	if (!fresh?.cpu_us || !kept?.cpu_us || !kept.start_cpu_us) return put(by("paid"), "");
	const cost = `Starting ${kept.model} took ${time(kept.start_cpu_us)} of CPU time. A request takes ${time(kept.cpu_us)} there, ` +
		`and ${time(fresh.cpu_us)} as ${fresh.model}: `;
	const each = fresh.cpu_us - kept.cpu_us;
	put(by("paid"), cost + (each > 0 ? `it breaks even at request ${whole(Math.max(1, Math.ceil(kept.start_cpu_us / each)))}.`
		: "it never breaks even."));
}

let events = null;
function listen() {
	events = new EventSource("events");
	events.onmessage = e => {
		const next = JSON.parse(e.data);
		if (!same(next.setup, setup)) fill(next.setup); // another page may have changed it
		told(next);
	};
	events.onerror = () => {
		put(by("state"), "not connected");
		if (events?.readyState === EventSource.CLOSED) refused();
	};
}

// refused shows why the server refuses to send events. It requests them once more, because an EventSource does not
// provide the text of a refusal, and does not retry.
async function refused() {
	events = null;
	put(by("stop"), "Go on");
	const asked = new AbortController();
	const response = await fetch("events", {signal: asked.signal});
	if (!response.ok) put(by("trouble"), failure = await response.text());
	asked.abort();
}

by("stop").addEventListener("click", () => {
	if (events) {
		events.close();
		events = null;
		put(by("state"), "stopped");
	} else {
		listen();
	}
	put(by("stop"), events ? "Stop" : "Go on");
});

// define adds terms to a definition list, each with its colour if colour is given.
function define(list, terms, colour) {
	for (const [name, about] of terms) {
		const term = document.createElement("dt"), definition = document.createElement("dd");
		term.textContent = name;
		definition.textContent = about;
		if (colour) {
			const swatch = document.createElement("span");
			swatch.className = "swatch";
			swatch.style.background = `var(${colour(name)})`;
			term.prepend(swatch);
		}
		list.append(term, definition);
	}
}

let step = -1, story = [];
function go(to) {
	step = to;
	put(by("tour-text"), story[step].text);
	put(by("note"), "");
	put(by("tour-step"), `${step + 1} of ${story.length}`);
	by("back").disabled = step === 0;
	put(by("next"), step === story.length - 1 ? "Again" : "Next");
	const next = story[step].setup;
	if (choices.some(c => c.name === next.workload)) set(next);
	else put(by("trouble"), `the workload ${next.workload} is not available here`);
}

limits = await (await fetch("choices")).json();
choices = limits.workloads;
story = tour(limits.ladder, limits.models);
define(by("phases"), limits.phases.map(p => [p.name, p.about]), name => `--phase-${name}`);
define(by("models"), limits.models.map(m => [m.name, m.about]));
by("hide").addEventListener("click", () => by("tour").hidden = true);
by("next").addEventListener("click", () => go((step + 1) % story.length));
by("back").addEventListener("click", () => go(Math.max(step - 1, 0)));
listen();
