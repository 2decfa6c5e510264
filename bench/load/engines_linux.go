package load

import "forktax/bench/plan"

// Default is the engine of a plan that names none, which this system has.
const Default = plan.DefaultEngine

// systemEngines are the engines that this system can have besides hey.
func systemEngines() map[string]Engine { return map[string]Engine{"epoll": new(Epoll)} }
