package workload_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"forktax/workload"
	"forktax/workload/contract"
)

// A handler becomes a workload program. The main function of the program is workload.Main(w); this example calls Run
// instead, with the command describe.
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

	// func main() { workload.Main(w) }
	var out bytes.Buffer
	workload.Run(context.Background(), w, []string{"describe"}, os.Stdin, &out, os.Stderr)
	var described contract.Description
	if err := json.Unmarshal(out.Bytes(), &described); err != nil {
		log.Fatal(err)
	}
	fmt.Println(described.Name+":", described.About)
	for _, r := range described.Requests {
		fmt.Printf("%s: %s %s, %d %q\n", r.Name, r.Method, r.Path, r.Want.StatusCode(), r.Want.Body)
	}

	// Output:
	// squares: the square of a number
	// twelve: GET /square/12, 200 "144\n"
}
