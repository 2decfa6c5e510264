package subject

import "forktax/workload/contract"

// ScriptWorkload is the workload program that hosts CGI executables.
const ScriptWorkload = "script"

// ScriptModel is the only model of an executable that is hosted.
var ScriptModel = contract.Fresh().Name
