// Package suite prepares suites: scenarios whose contenders are web servers, programs and languages that respond alike.
// The suites of this project are files of package suites; those of users have the same keys. A contender that needs
// what is not installed is left out, and one that fails is reported; the others are measured.
package suite
