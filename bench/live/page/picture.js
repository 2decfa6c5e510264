// Pictures of processes and requests, on canvases. They cost less than half the CPU time of the same pictures made of
// elements, and the twins compete for this CPU time.

import {time, median} from "./format.js";

// The phases that have their own colour.
const phases = ["arrive", "wait", "spawn", "start", "open", "connect", "handle", "child", "transfer", "close", "exit", "return"];

const style = getComputedStyle(document.documentElement);
let colours = {};
function choose() {
	for (const name of ["paper", "ink", "quiet", "rule", "c0", "c1", "c2", "c3", "c4", "c5"]) colours[name] = style.getPropertyValue("--" + name);
	for (const name of phases) colours[name] = style.getPropertyValue("--phase-" + name);
}
choose();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", choose);
export const colour = name => colours[name];

// A Picture shows a view in its box, and describes the part under the pointer.
class Picture {
	#context;
	#parts = [];
	#view = null;
	constructor(box) {
		this.box = box;
		const canvas = box.appendChild(document.createElement("canvas"));
		this.#context = canvas.getContext("2d");
		new ResizeObserver(([entry]) => {
			const scale = devicePixelRatio;
			this.width = entry.contentRect.width;
			this.height = entry.contentRect.height;
			canvas.width = this.width * scale;
			canvas.height = this.height * scale;
			this.#context.scale(scale, scale);
			this.#context.font = "11px system-ui, sans-serif";
			if (this.#view) this.#redraw(); // a change of size clears the canvas
		}).observe(box);
		box.addEventListener("mousemove", event => {
			const part = this.#parts.find(p => event.offsetX >= p.x && event.offsetX < p.x + p.width && event.offsetY >= p.y && event.offsetY < p.y + p.height);
			box.title = part?.about() ?? "";
		});
	}
	show(view) {
		this.#view = view;
		this.#redraw();
	}
	#redraw() {
		this.#parts = [];
		this.#context.clearRect(0, 0, this.width, this.height);
		this.draw(this.#view);
	}
	bar(x, y, width, height, name, about) {
		this.#context.fillStyle = colours[name];
		this.#context.fillRect(x, y, width, height);
		this.#parts.push({x, y, width, height, about});
	}
	text(x, y, text, name = "ink", align = "left") {
		this.#context.fillStyle = colours[name];
		this.#context.textAlign = align;
		this.#context.fillText(text, x, y);
	}
}

// Marks draws each of the last processes as a bar from its start to its end, in the first free lane. The time span is
// at most 1 s, and is chosen so that about eight processes follow one another. Then their IDs are readable.
export class Marks extends Picture {
	draw(view) {
		if (view.spawns) this.#children(view);
		else this.#resident(view);
	}
	#resident(view) {
		const about = `process ${view.pid}, ${time(view.age_us)} old, serves all requests`;
		this.bar(0, 4, this.width, 24, "c0", () => about);
		this.text(6, 20, about, "paper");
	}
	#children(view) {
		const margin = 100, scale = 18, width = this.width - margin; // pixels: right and bottom margin
		const running = view.children.filter(c => c.ended_ns === 0).length;
		const last = view.children.toSorted((a, b) => a.began_ns - b.began_ns).slice(-8 * Math.max(running, 1));
		const reach = Math.min(1e9, Math.max(1e7, view.now_ns - (last[0]?.began_ns ?? view.now_ns)));
		const at = ns => width - (view.now_ns - ns) / reach * width;
		const lanes = []; // the last mark in each lane
		const marks = last.filter(c => c.ended_ns === 0 || view.now_ns - c.ended_ns < reach).map(c => {
			const from = Math.max(at(c.began_ns), 0), to = Math.max(at(c.ended_ns || view.now_ns), from + 3);
			let row = lanes.findIndex(mark => mark.to < from);
			if (row < 0) row = lanes.length;
			else lanes[row].room = from - lanes[row].to;
			return lanes[row] = {c, from, to, row, room: width - to};
		});
		const lane = Math.min(28, Math.max(3, (this.height - scale) / Math.max(lanes.length, 1)));
		for (const {c, from, to, row, room} of marks) {
			const runs = c.ended_ns === 0, age = time(((c.ended_ns || view.now_ns) - c.began_ns) / 1000), line = (row + .5) * lane + 4;
			this.bar(from, row * lane + 1, to - from, lane - 2, runs ? "c2" : "c5", () => `process ${c.pid || "?"}, ${runs ? age + " old" : "lived for " + age}`);
			if (!c.pid || lane < 12) continue;
			if (runs) this.text(width + 6, line, `${c.pid}, ${age}`);
			else if (to - from > 105) this.text(from + 3, line, `${c.pid}, ${age}`, "paper");
			else if (to - from > 45) this.text(from + 3, line, c.pid, "paper");
			else if (room > 105) this.text(to + 3, line, `${c.pid}, ${age}`);
			else if (room > 45) this.text(to + 3, line, c.pid);
		}
		this.text(4, this.height - 6, `${time(reach / 1000)} ago`, "quiet");
		this.text(width, this.height - 6, "now", "quiet", "center");
	}
}

const sum = told => told.reduce((n, p) => n + p.us, 0);

// longest returns the duration of the longest of the last requests of a view, in µs.
export const longest = view => Math.max(0, ...(view.phases ?? []).map(sum));

// Waterfall draws the phases of the last requests, one line per request, and computes their medians. Its width is
// scale, in µs, which is the same on both sides unless each is zoomed.
export class Waterfall extends Picture {
	#told = []; // phases of requests shown since the last call of medians
	scale = 1;
	show(view) {
		this.#told.push(...view.phases ?? []);
		super.show(view);
	}
	draw(view) {
		const row = 17, height = 13, lately = (view.phases ?? []).slice(0, Math.max(1, Math.floor((this.height - 18) / row)));
		if (lately.length === 0) this.text(4, 16, "none yet", "quiet");
		const full = Math.max(1, this.scale);
		lately.forEach((told, i) => {
			let x = 0;
			for (const p of told) {
				const width = p.us / full * this.width;
				this.bar(x, i * row + 3, Math.max(width, 1), height, phases.includes(p.name) ? p.name : "c5", () => `${p.name} ${time(p.us)}`);
				if (width > 14 + 6 * p.name.length) this.text(x + 4, i * row + 13, p.name, "paper");
				x += width;
			}
		});
		this.text(2, this.height - 4, "0", "quiet");
		this.text(this.width / 2, this.height - 4, time(full / 2), "quiet", "center");
		this.text(this.width - 2, this.height - 4, time(full), "quiet", "right");
	}
	// medians returns a text with the median of each phase, in order, for the requests shown since its last call.
	medians() {
		const told = this.#told;
		this.#told = [];
		if (told.length === 0) return "";
		const of = name => median(told.map(all => all.find(p => p.name === name)?.us ?? 0));
		const each = phases.map(name => [name, of(name)]).filter(([, us]) => us > 0).map(([name, us]) => `${name} ${time(us)}`);
		return `Medians: ${each.join(", ")}.`;
	}
}
