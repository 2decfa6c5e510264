"use strict";
(() => {
	const by = id => document.getElementById(id);
	const sides = [0, 1].map(i => {
		const box = by("side" + i);
		box.append(by("side").content.cloneNode(true));
		const part = name => box.querySelector(name);
		return {box, title: part("h2"), part, marks: part(".marks"), phases: part(".phases")};
	});
	let choices = [], setup = null, last = null, before = null; // processes that were started before this page was there

	const time = us => us >= 1e6 ? (us / 1e6).toPrecision(3) + " s" : us >= 1000 ? (us / 1000).toPrecision(3) + " ms" : Math.round(us) + " µs";
	const count = n => n >= 100 ? Math.round(n).toLocaleString("en") : n.toPrecision(3);

	// What the form says, and what it shows.
	const choice = () => choices.find(c => c.name === by("workload").value);
	function options(select, values, chosen) {
		select.replaceChildren(...values.map(v => new Option(v, v, false, v === chosen)));
		select.disabled = values.length < 2;
		select.closest("label").hidden = values.length === 0;
	}
	function fill(s) {
		setup = s;
		options(by("workload"), choices.map(c => c.name), s.workload);
		const c = choice();
		options(by("database"), c.databases ?? [], s.database);
		options(by("left"), c.models, s.models[0]);
		options(by("right"), c.models, s.models[1]);
		by("kind").value = s.rate_rps > 0 ? "rate" : "clients";
		amounts();
		by("amount").value = s.rate_rps > 0 ? Math.log10(s.rate_rps) * 100 : s.clients;
		by("work").value = s.work_ms;
		by("connect").value = s.connect_ms;
		shown();
	}
	function amounts() {
		const rate = by("kind").value === "rate";
		by("amount-name").textContent = rate ? "Rate" : "Clients";
		by("amount").min = rate ? 0 : 1;
		by("amount").max = rate ? 330 : 32;
	}
	const amount = () => by("kind").value === "rate" ? Math.round(10 ** (by("amount").value / 100)) : Number(by("amount").value);
	function shown() {
		by("amount-shown").textContent = " " + amount() + (by("kind").value === "rate" ? "/s" : "");
		by("work-shown").textContent = " " + by("work").value + " ms";
		by("connect-shown").textContent = " " + by("connect").value + " ms";
	}
	function chosen() {
		const rate = by("kind").value === "rate";
		return {
			workload: by("workload").value, models: [by("left").value, by("right").value], database: by("database").value,
			clients: rate ? 0 : amount(), rate_rps: rate ? amount() : 0,
			work_ms: Number(by("work").value), connect_ms: Number(by("connect").value),
		};
	}
	async function set(next) {
		by("trouble").textContent = "";
		by("state").textContent = "setting up";
		const answer = await fetch("setup", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(next)});
		if (!answer.ok) by("trouble").textContent = await answer.text();
		else fill(next);
	}
	by("setup").addEventListener("input", shown);
	by("setup").addEventListener("change", event => {
		if (event.target.id === "kind") {
			amounts();
			by("amount").value = by("kind").value === "rate" ? 100 : 4;
		}
		const next = chosen();
		if (event.target.id === "workload") {
			const c = choice();
			next.models = [c.models[0], c.models[c.models.length - 1]];
			next.database = (c.databases ?? [""])[0];
		}
		if (event.target.id === "work" || event.target.id === "connect") {
			next.workload = "startup";
			next.database = "";
		} else if (next.workload !== "startup") {
			next.work_ms = next.connect_ms = 0;
		}
		set(next);
	});
	by("setup").addEventListener("submit", event => event.preventDefault());

	// Pictures.
	const svg = (name, attributes, text) => {
		const e = document.createElementNS("http://www.w3.org/2000/svg", name);
		for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
		if (text !== undefined) e.textContent = text;
		return e;
	};
	// marks draws each of the last processes from when it began until it ended, in the first lane that is free. The picture
	// reaches back for as long as the server remembers, a second at the most.
	function marks(box, view) {
		const width = box.clientWidth, height = box.clientHeight, lane = 14, margin = 100, scale = 18;
		const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`});
		const oldest = Math.min(view.now_ns, ...view.children.map(c => c.began_ns));
		const second = Math.min(1e9, Math.max(2e7, view.now_ns - oldest));
		const at = ns => width - margin - (view.now_ns - ns) / second * (width - margin);
		if (view.processes === 0 && view.children.length === 0) {
			picture.append(svg("rect", {x: 0, y: 4, width: width, height: lane - 3, class: "stays"}));
			picture.append(svg("text", {x: 4, y: 32}, `one process, ${view.pid}, stays and answers all`));
			box.replaceChildren(picture);
			return;
		}
		const lanes = [];
		for (const c of view.children.filter(c => c.ended_ns === 0 || view.now_ns - c.ended_ns < second)) {
			const from = at(c.began_ns), to = Math.max(at(c.ended_ns || view.now_ns), from + 3);
			let row = lanes.findIndex(end => end < from);
			if (row < 0) row = lanes.push(0) - 1;
			lanes[row] = to;
			if ((row + 1) * lane > height - scale) continue;
			const mark = svg("rect", {x: from, y: row * lane + 2, width: to - from, height: lane - 3, class: c.ended_ns ? "ended" : "runs"});
			mark.append(svg("title", {}, `process ${c.pid || "?"}, ${time(((c.ended_ns || view.now_ns) - c.began_ns) / 1000)}${c.ended_ns ? "" : ", runs"}`));
			picture.append(mark);
			if (c.pid && (c.ended_ns === 0 || to - from > 45)) {
				picture.append(svg("text", {x: c.ended_ns ? from + 2 : width - margin + 6, y: row * lane + 12, class: c.ended_ns ? "inside" : ""}, `${c.pid} ${c.ended_ns ? "" : time((view.now_ns - c.began_ns) / 1000)}`));
			}
		}
		picture.append(svg("text", {x: 4, y: height - 6, class: "quiet"}, `${time(second / 1000)} ago`));
		picture.append(svg("text", {x: width - margin, y: height - 6, class: "quiet", "text-anchor": "middle"}, "now"));
		box.replaceChildren(picture);
	}
	const phaseNames = ["arrive", "wait", "spawn", "start", "open", "connect", "handle", "transfer", "close", "exit", "return"];
	// waterfall draws the phases of the last requests, one line for each.
	function waterfall(box, view) {
		const width = box.clientWidth, height = box.clientHeight;
		const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`});
		const sum = phases => phases.reduce((n, p) => n + p.us, 0);
		const longest = Math.max(1, ...(view.phases ?? []).map(sum));
		(view.phases ?? []).slice(-8).forEach((phases, row) => {
			let x = 0;
			phases.forEach(p => {
				const i = Math.max(phaseNames.indexOf(p.name), 0);
				const w = p.us / longest * width;
				const bar = svg("rect", {x, y: row * 17 + 3, width: Math.max(w, 1), height: 13, class: "p" + i % 6});
				bar.append(svg("title", {}, `${p.name} ${time(p.us)}`));
				picture.append(bar);
				if (w > 14 + 6 * p.name.length) {
					picture.append(svg("text", {x: x + 4, y: row * 17 + 13, class: "inside"}, p.name));
				}
				x += w;
			});
		});
		if (!view.phases || view.phases.length === 0) picture.append(svg("text", {x: 4, y: 16, class: "quiet"}, "none yet"));
		box.replaceChildren(picture);
	}

	// The last minute.
	const history = {at: [], rps: [[], []], p50: [[], []]};
	const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name);
	const charts = [["requests/s", "rps"], ["median, µs", "p50"]].map(([label, key]) => {
		const box = document.createElement("div");
		box.setAttribute("role", "img");
		box.setAttribute("aria-label", label + " of both sides over the last minute");
		by("charts").append(box);
		const axis = {stroke: colour("--ink"), grid: {stroke: colour("--rule"), width: 1}};
		const chart = new uPlot({
			width: Math.max(box.clientWidth, 300), height: 200, legend: {show: false},
			scales: {x: {time: false}, y: {distr: 3}},
			axes: [{...axis, label: "seconds"}, {...axis, label, size: 70}],
			series: [{}, {label: "left", stroke: colour("--c0"), width: 2}, {label: "right", stroke: colour("--c1"), width: 2, dash: [7, 3]}],
		}, [[], [], []], box);
		return {chart, key, box};
	});
	addEventListener("resize", () => charts.forEach(c => c.chart.setSize({width: Math.max(c.box.clientWidth, 300), height: 200})));
	const began = performance.now();
	function remember(frame) {
		if (frame.sides.length < 2) return;
		history.at.push((performance.now() - began) / 1000);
		frame.sides.forEach((v, i) => {
			history.rps[i].push(v.rps > 0 ? v.rps : null);
			history.p50[i].push(v.p50_us > 0 ? v.p50_us : null);
		});
		while (history.at.length && history.at[0] < history.at[history.at.length - 1] - 60) {
			history.at.shift();
			for (const key of ["rps", "p50"]) history[key].forEach(a => a.shift());
		}
		for (const c of charts) c.chart.setData([history.at, ...history[c.key]]);
	}

	// What a rate a day needs, by what was measured: ten times the mean at the peak of the day.
	function pick() {
		const daily = Number(by("daily").value);
		if (!last || last.sides.length < 2 || !(daily > 0)) return;
		const peak = daily / 86400 * 10;
		const lines = last.sides.map(v => {
			const cores = peak * v.cpu_us / 1e6;
			const what = cores < 0.02 ? "next to nothing" : cores < 0.7 ? `${Math.round(cores * 100)} % of a core` : `${Math.ceil(cores * 1.4)} cores`;
			return `${v.model}: ${what} at the peak, ${count(peak)}/s`;
		});
		const [a, b] = last.sides.map(v => peak * v.cpu_us / 1e6);
		const slow = last.sides.map(v => v.p50_us);
		const advice = Math.max(a, b) < 0.1
			? `Either will do. What is left to decide by is that a user waits ${time(slow[0])} or ${time(slow[1])}.`
			: Math.max(a, b) < 0.7 ? "Both fit on one core; the one that keeps things leaves room for everything else."
			: "Keep the process: what begins from scratch takes cores for nothing but beginning.";
		by("pick").textContent = lines.join("; ") + ". " + advice;
	}
	by("daily").addEventListener("input", pick);

	function show(frame) {
		last = frame;
		before ??= frame.processes;
		by("processes").textContent = (frame.processes - before).toLocaleString("en");
		by("state").textContent = frame.failure ? "" : frame.sides.length ? "running" : "starting";
		if (frame.failure) by("trouble").textContent = frame.failure;
		frame.sides.forEach((v, i) => {
			const s = sides[i];
			s.title.textContent = `${v.model} (process ${v.pid})`;
			const put = (name, text) => { s.part("." + name).textContent = text; };
			put("rps", count(v.rps));
			put("p50", v.p50_us ? time(v.p50_us) : "–");
			put("p99", v.p99_us ? time(v.p99_us) : "–");
			put("cpu", v.cpu_us ? time(v.cpu_us) : "–");
			put("cores", v.cpu.toFixed(2));
			put("started", v.processes.toLocaleString("en"));
			put("connections", v.connections.toLocaleString("en"));
			put("errors", v.errors.toLocaleString("en"));
			marks(s.marks, v);
			waterfall(s.phases, v);
			if (v.failure) by("trouble").textContent = v.failure;
		});
		remember(frame);
		pick();
	}

	let events;
	function listen() {
		events = new EventSource("events");
		events.onmessage = e => {
			const frame = JSON.parse(e.data);
			if (!setup) fill(frame.setup);
			show(frame);
		};
		events.onerror = () => { by("state").textContent = "not connected"; };
	}
	by("stop").addEventListener("click", () => {
		if (events) {
			events.close();
			events = null;
			by("state").textContent = "stopped";
			by("stop").textContent = "Go on";
		} else {
			by("stop").textContent = "Stop";
			listen();
		}
	});

	// The tour.
	const common = {database: "", clients: 4, rate_rps: 0, work_ms: 0, connect_ms: 0};
	const tour = [
		[{...common, workload: "hello", models: ["cgi", "persistent"], clients: 0, rate_rps: 5}, "From scratch. On the left each request has a process of its own: look at the marks, each with its number, born and ended within milliseconds. On the right one process answers all. At five requests a second nobody would notice the difference."],
		[{...common, workload: "hello", models: ["cgi", "persistent"]}, "Under load. Four clients ask as fast as they are answered. Look at requests a second, and at the counter at the top: every request on the left is a process more."],
		[{...common, workload: "startup", models: ["cgi", "persistent"], work_ms: 20}, "Initialise. Programs do something before they answer: read a configuration, load libraries, compile templates. Here it is 20 ms. The left pays it for each request, the right paid it once. Move the slider."],
		[{...common, workload: "startup", models: ["cgi", "persistent"], connect_ms: 20}, "Connect. A script that uses a database must connect again for each page. Here a connection takes 20 ms of waiting: look at the phase connect, and at how many connections are opened."],
		[{...common, workload: "guestbook/read", database: "sqlite", models: ["cgi", "persistent"]}, "A real database. The guestbook reads one entry from SQLite. That is a file, so to connect is cheap; the process is what costs. Choose postgres, where it is installed, to see a server that has to be logged in to."],
		[{...common, workload: "startup", models: ["reload", "persistent"], work_ms: 20, connect_ms: 20}, "Keep the process, and nothing else. On the left the process stays, but what it initialises and connects is made anew: mod_python's handler of CGI scripts worked like that. The waiting is all still there."],
		[{...common, workload: "startup", models: ["reconnect", "persistent"], connect_ms: 20}, "Keep the connection, too. On the left only the connection is made anew for each request. What is between the two is what a pool of connections is worth."],
		[{...common, workload: "members/directory", models: ["cgi", "persistent"]}, "Authentication. Who the client is, is asked of a password file and a directory, in front of any page. A handler that stays has read the file and keeps its connections; a process for each request reads and connects anew."],
	];
	let step = -1;
	function go(to) {
		step = to;
		const [next, text] = tour[step];
		by("tour-text").textContent = text;
		by("tour-step").textContent = `${step + 1} of ${tour.length}`;
		by("back").disabled = step === 0;
		by("next").textContent = step === tour.length - 1 ? "Again" : "Next";
		const known = choices.find(c => c.name === next.workload);
		if (!known) by("trouble").textContent = `${next.workload} is not to be had here`;
		else set(next);
	}
	by("next").addEventListener("click", () => go((step + 1) % tour.length));
	by("back").addEventListener("click", () => go(Math.max(step - 1, 0)));

	fetch("choices").then(r => r.json()).then(c => {
		choices = c.workloads;
		listen();
	});
})();
