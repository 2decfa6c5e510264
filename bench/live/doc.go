// Package live is a demonstration for a class: both twins under load, side by side, steered from a page and seen as it
// happens. What it shows is measured by the engines that measure runs; a page that is slow, or gone, changes nothing of
// it.
package live
