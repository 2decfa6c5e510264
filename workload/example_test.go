package workload_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"forktax/workload"
)

// A handler of your own becomes a program with both twins. Its main function is workload.Main(workload); here Run stands for
// it, and prints what a harness is told.
func Example() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /square/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			http.Error(w, "not a number", http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, n*n)
	})
	w := workload.Workload{
		Name:  "squares",
		About: "the square of a number",
		Requests: []workload.Request{
			{Name: "twelve", Method: "GET", Path: "/square/12", Want: workload.Want{Status: 200, Body: "144\n"}},
		},
		Open: workload.Handler(mux),
	}

	// func main() { workload.Main(workload) }
	workload.Run(context.Background(), w, []string{"describe"}, os.Stdin, os.Stdout, os.Stderr)

	// Output:
	// {
	//   "contract": 1,
	//   "name": "squares",
	//   "about": "the square of a number",
	//   "models": [
	//     "cgi",
	//     "reload",
	//     "reconnect",
	//     "persistent"
	//   ],
	//   "requests": [
	//     {
	//       "name": "twelve",
	//       "method": "GET",
	//       "path": "/square/12",
	//       "want": {
	//         "status": 200,
	//         "body": "144\n"
	//       }
	//     }
	//   ]
	// }
}
