package load

import "forktax/bench"

// Default is the engine of a plan that names none.
const Default = "epoll"

// own are the engines that this system can have besides hey.
func own() map[string]bench.Engine { return map[string]bench.Engine{"epoll": new(Epoll)} }
