// Package live is a demonstration for teaching: two models under load, side by side, controlled from a web page that
// shows live results. The load engines are those of a run. A page that is slow or closed does not affect the
// measurement.
package live
