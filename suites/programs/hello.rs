// hello as a CGI program in Rust.
fn main() {
    println!("Content-Type: text/plain; charset=utf-8\n\nhello");
}
