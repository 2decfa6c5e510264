// Prints what a HdrHistogram log on standard input holds, as JSON: for each interval its tag, the number of values,
// their p90, and how many there are at each value that the histogram tells apart.
import { readFileSync } from "node:fs";
import hdr from "hdr-histogram-js";

const reader = new hdr.HistogramLogReader(readFileSync(0, "utf8"), 64);
const intervals = [];
for (let h = reader.nextIntervalHistogram(); h !== null; h = reader.nextIntervalHistogram()) {
  const counts = [];
  for (let i = 0; i < h.countsArrayLength; i++) {
    if (h.getCountAtIndex(i) > 0) {
      counts.push({ value: h.valueFromIndex(i), count: h.getCountAtIndex(i) });
    }
  }
  intervals.push({ tag: h.tag, total: h.totalCount, p90: h.getValueAtPercentile(90), counts });
}
console.log(JSON.stringify(intervals));
