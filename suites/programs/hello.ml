(* hello as a CGI program in OCaml. *)
let () = print_string "Content-Type: text/plain; charset=utf-8\n\nhello\n"
