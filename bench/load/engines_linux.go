package load

// Default is the engine of a plan that names none.
const Default = "epoll"

// own are the engines that this system can have besides hey.
func own() map[string]Engine { return map[string]Engine{"epoll": new(Epoll)} }
