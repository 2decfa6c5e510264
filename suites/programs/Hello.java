/** hello as a CGI program in Java: java -cp DIRECTORY Hello. */
public class Hello {
    public static void main(String[] arguments) {
        System.out.print("Content-Type: text/plain; charset=utf-8\n\nhello\n");
    }
}
