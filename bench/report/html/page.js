"use strict";
// The page works without this script, which draws the time series and shows the places of numbers in the JSON.
(() => {
	const read = id => document.getElementById(id).textContent;
	const analysis = JSON.parse(read("analysis"));
	const shown = document.getElementById("shown");
	const place = document.getElementById("place");

	document.getElementById("save").addEventListener("click", () => {
		const link = document.createElement("a");
		link.href = URL.createObjectURL(new Blob([JSON.stringify(analysis, null, 2)], {type: "application/json"}));
		link.download = analysis.run.id + ".json";
		link.click();
		URL.revokeObjectURL(link.href);
	});

	// show displays the part of the analysis that contains the path, such as .cells.3.response_ns.p50.
	function show(path) {
		const keys = path.slice(1).split(".");
		const around = keys.slice(0, keys[0] === "run" ? 1 : 2);
		const at = keys => keys.reduce((holder, key) => holder?.[key], analysis);
		const value = at(keys), part = at(around);
		place.textContent = `jq '${path.replace(/\.(\d+)/g, "[$1]")}'` + (Object(value) === value ? "" : ` is ${value}`);
		shown.textContent = JSON.stringify(part, null, 2) ?? "not found";
	}
	// follow shows the path in the fragment of the page's address, if any: #.cells.3.response_ns.p50
	function follow() {
		if (!location.hash.startsWith("#.")) return false;
		show(location.hash.slice(1));
		document.getElementById("json").scrollIntoView();
		shown.focus({preventScroll: true});
		return true;
	}
	addEventListener("hashchange", follow);
	document.addEventListener("click", event => { // a link to the current place fires no hashchange
		if (event.target.closest("a")?.hash === location.hash) follow();
	});

	const colour = i => getComputedStyle(document.documentElement).getPropertyValue("--c" + i % 6);
	const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
	const charts = document.getElementById("charts");

	function draw() {
		charts.replaceChildren();
		const groups = new Map();
		for (const s of JSON.parse(read("series"))) {
			if (!groups.has(s.group)) groups.set(s.group, []);
			groups.get(s.group).push(s);
		}
		const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink");
		const rule = getComputedStyle(document.documentElement).getPropertyValue("--rule");
		for (const [name, all] of groups) {
			const title = document.createElement("h3");
			title.textContent = name;
			const box = document.createElement("div");
			box.setAttribute("role", "img");
			box.setAttribute("aria-label", "Medians of the blocks of " + name + ", by round");
			charts.append(title, box);
			const rounds = [...new Set(all.flatMap(s => s.round))].sort((a, b) => a - b);
			const data = [rounds, ...all.map(s => {
				const at = new Map(s.round.map((r, i) => [r, s.p50_us[i]]));
				return rounds.map(r => at.get(r) ?? null);
			})];
			const axis = {stroke: ink, grid: {stroke: rule, width: 1}, ticks: {stroke: rule}};
			new uPlot({
				width: Math.min(charts.clientWidth, 900), height: 220,
				scales: {x: {time: false}, y: {distr: 3}},
				axes: [{...axis, label: "round"}, {...axis, label: "median, µs", size: 70}],
				series: [{label: "round"}, ...all.map((s, i) => ({
					label: s.name, stroke: colour(i), dash: dashes[i % 4], width: 1, spanGaps: true, points: {size: 3},
				}))],
			}, data, box);
		}
	}
	draw();
	if (!follow()) show(".run"); // after the charts above have their height
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
	let wait;
	addEventListener("resize", () => { clearTimeout(wait); wait = setTimeout(draw, 200); });
})();
