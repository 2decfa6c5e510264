// Line charts of the throughput and the median response time of both sides over the last minute.

import {by, count, time} from "./format.js";
import {colour} from "./picture.js";

const reach = 60, height = 200; // seconds; pixels
const shown = [["requests/s", v => v.rps, count], ["median", v => v.p50_us, time]];
const at = [];

const charts = shown.map(([label, of, print]) => {
	const box = by("charts").appendChild(document.createElement("div"));
	box.setAttribute("role", "img");
	box.setAttribute("aria-label", label + " of both sides over the last minute");
	const axis = {stroke: () => colour("ink"), grid: {stroke: () => colour("rule"), width: 1}};
	const width = () => Math.max(box.clientWidth, 300);
	const chart = new uPlot({
		width: width(), height, legend: {show: false},
		scales: {x: {time: false}, y: {distr: 3}},
		axes: [{...axis, label: "seconds"}, {...axis, label, size: 80, values: (_, all) => all.map(v => v === null ? "" : print(v))}],
		series: [{}, {label: "left", stroke: () => colour("c0"), width: 2}, {label: "right", stroke: () => colour("c1"), width: 2, dash: [7, 3]}],
	}, [[], [], []], box);
	addEventListener("resize", () => chart.setSize({width: width(), height}));
	return {chart, of, values: [[], []]};
});

// remember adds the values of both sides to the charts, and removes values that are older than reach.
export function remember(views) {
	at.push(performance.now() / 1000);
	for (const c of charts) views.forEach((v, i) => c.values[i].push(c.of(v) > 0 ? c.of(v) : null));
	while (at[0] < at.at(-1) - reach) {
		at.shift();
		for (const c of charts) c.values.forEach(v => v.shift());
	}
}

export function draw() {
	for (const c of charts) c.chart.setData([at, ...c.values]);
}
