const common = {database: "", clients: 4, rate_rps: 0, work_ms: 0, connect_ms: 0};

// tour returns the steps of the tour: each has a setup, and a text about what to look at. Its arguments are the names of
// models, from the one that reuses everything to the one that reuses nothing, and all models.
export function tour([kept, reconnected, reloaded, fresh], models) {
	const twins = [fresh, kept];
	const spare = models.find(m => m.process === "ahead").name;
	const recycled = models.find(m => m.requests === 100).name;
	const instances = models.find(m => m.host && m.process === "kept" && m.state === "request").name;
	const workers = models.find(m => m.host === "forktax workers" && m.process === "kept").name;
	const proxied = models.find(m => m.host === "forktax proxy").name;
	return [
		{
			setup: {...common, workload: "hello", models: twins, clients: 0, rate_rps: 5},
			text: "A process per request. On the left, each request starts a process: each bar is one, with its process ID, and lives for a few milliseconds. On the right, one process answers every request. At five requests per second, no user would notice the difference.",
		},
		{
			setup: {...common, workload: "hello", models: twins},
			text: "Under load. Four clients send their next request as soon as they have a response. Compare the requests per second, and watch the counter at the top: each request on the left is one more process.",
		},
		{
			setup: {...common, workload: "startup", models: twins, work_ms: 20},
			text: "Initialisation. Programs do work before their first response: they read configuration, load libraries, compile templates. Here that takes 20 ms. The left side pays it for every request, the right side paid it once. Move the slider.",
		},
		{
			setup: {...common, workload: "startup", models: twins, connect_ms: 20},
			text: "Connecting. A script that uses a database connects again for every page. Here connecting takes 20 ms of waiting. Look at the phase connect, and at the number of connections.",
		},
		{
			setup: {...common, workload: "guestbook/read", database: "sqlite", models: twins},
			text: "A real database. The guestbook reads one entry from SQLite. SQLite is a file, so connecting is cheap, and the process is what costs. Choose postgres, where it is installed, to see a server that needs a login.",
		},
		{
			setup: {...common, workload: "startup", models: [reloaded, kept], work_ms: 20, connect_ms: 20},
			text: "Keeping only the process. The process on the left stays, but initialises and connects again for every request. mod_python's handler of CGI scripts worked like that. The waiting is still there.",
		},
		{
			setup: {...common, workload: "startup", models: [reconnected, kept], connect_ms: 20},
			text: "Keeping the connection, too. Only the connection is made again on the left. The difference between the two sides is what a connection pool gains.",
		},
		{
			setup: {...common, workload: "members/directory", models: twins},
			text: "Authentication. The server checks each user in a password file and in a directory, before any page. A resident handler has read the file and keeps its connections. A process per request reads and connects again.",
		},
		{
			setup: {...common, workload: "startup", models: [spare, fresh], clients: 0, rate_rps: 5, work_ms: 20},
			text: "Processes started ahead. On the left, eight processes have initialised and wait for one request each. The response is fast, since the start is no longer part of it. The CPU time is the same, and under load there are no spare processes left: choose four clients instead of a rate.",
		},
		{
			setup: {...common, workload: "startup", models: [recycled, kept], work_ms: 20},
			text: "Recycled processes. On the left, a process serves 100 requests, and then another one takes its place. Each request pays a hundredth of a start. A leak of memory ends with its process.",
		},
		{
			setup: {...common, workload: "hello", models: [workers, kept]},
			text: "Worker processes. On the left, a host passes each request by FastCGI to one of several processes that stay. Nothing is started, and nothing is opened again. What is left is the way from the host to the worker and back: compare the CPU time.",
		},
		{
			setup: {...common, workload: "hello", models: [proxied, workers]},
			text: "Behind a proxy. Both sides pass requests on to processes that stay: on the left by HTTP to one process, which serves them all at the same time, on the right by FastCGI to several, each of which serves one at a time.",
		},
		{
			setup: {...common, workload: "hello", models: [instances, fresh]},
			text: "WebAssembly. On the left, one process runs a new instance of a module for each request. Like a process, an instance shares no memory with others. No process is started, but the code of a module is slower.",
		},
	];
}
