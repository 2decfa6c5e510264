const common = {database: "", clients: 4, rate_rps: 0, work_ms: 0, connect_ms: 0};

// The article's story: each step is a setup, and what to look at in it. It is told of the models of the ladder, which begins
// with the one that keeps everything.
export function tour([kept, reconnected, reloaded, fresh]) {
	const twins = [fresh, kept];
	return [
		{
			setup: {...common, workload: "hello", models: twins, clients: 0, rate_rps: 5},
			text: "From scratch. On the left each request has a process of its own: look at the marks, each with its number, born and ended within milliseconds. On the right one process answers all. At five requests a second nobody would notice the difference.",
		},
		{
			setup: {...common, workload: "hello", models: twins},
			text: "Under load. Four clients ask as fast as they are answered. Look at requests a second, and at the counter at the top: every request on the left is a process more.",
		},
		{
			setup: {...common, workload: "startup", models: twins, work_ms: 20},
			text: "Initialise. Programs do something before they answer: read a configuration, load libraries, compile templates. Here it is 20 ms. The left pays it for each request, the right paid it once. Move the slider.",
		},
		{
			setup: {...common, workload: "startup", models: twins, connect_ms: 20},
			text: "Connect. A script that uses a database must connect again for each page. Here a connection takes 20 ms of waiting: look at the phase connect, and at how many connections are opened.",
		},
		{
			setup: {...common, workload: "guestbook/read", database: "sqlite", models: twins},
			text: "A real database. The guestbook reads one entry from SQLite. That is a file, so to connect is cheap; the process is what costs. Choose postgres, where it is installed, to see a server that has to be logged in to.",
		},
		{
			setup: {...common, workload: "startup", models: [reloaded, kept], work_ms: 20, connect_ms: 20},
			text: "Keep the process, and nothing else. On the left the process stays, but what it initialises and connects is made anew: mod_python's handler of CGI scripts worked like that. The waiting is all still there.",
		},
		{
			setup: {...common, workload: "startup", models: [reconnected, kept], connect_ms: 20},
			text: "Keep the connection, too. On the left only the connection is made anew for each request. What is between the two is what a pool of connections is worth.",
		},
		{
			setup: {...common, workload: "members/directory", models: twins},
			text: "Authentication. Who the client is, is asked of a password file and a directory, in front of any page. A handler that stays has read the file and keeps its connections; a process for each request reads and connects anew.",
		},
	];
}
