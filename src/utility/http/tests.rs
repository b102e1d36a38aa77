use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::*;
use crate::utility::tests::{Tried, object, text};
use crate::value::Type;

/// A request as a server sees it: its first line, its headers in lower case, and its body.
#[derive(Debug)]
struct Seen {
    line: String,
    headers: BTreeMap<String, String>,
    body: String,
}

fn see(stream: &mut TcpStream) -> Seen {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut lines = Vec::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        lines.push(std::mem::take(&mut line).trim_end().to_string());
    }
    let header = |line: &String| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_string())
    };
    let headers: BTreeMap<_, _> = lines[1..].iter().map(header).collect();
    let length = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Seen { line: lines[0].clone(), headers, body: String::from_utf8(body).unwrap() }
}

/// A server that gives these answers, one for each request, and tells what it was asked.
fn server(answers: Vec<String>) -> (String, JoinHandle<Vec<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = move |answer: String| {
        let (mut stream, _) = listener.accept().unwrap();
        let seen = see(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        seen
    };
    (address, std::thread::spawn(move || answers.into_iter().map(serve).collect()))
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    )
}

fn asked(url: &str) -> Value {
    object([("url", Value::string(url))])
}

#[tokio::test]
async fn an_answer_is_told_in_all_ways() {
    let headers = "X-Many: 1\r\nx-many: 2\r\ncontent-type: text/plain\r\n";
    let (url, server) = server(vec![answer("201 Created", headers, "grüß")]);
    let headers = Value::map(Type::String, [("Accept", Value::string("text/plain"))]);
    let given = asked(&format!("{url}/a?b=c"))
        .with("method", Value::string("POST"))
        .with("request_body", Value::string("question"))
        .with("request_headers", headers);
    let read = Tried::data(&SOURCE, &given).await;
    assert_eq!((text(&read, "response_body"), text(&read, "body")), ("grüß".into(), "grüß".into()));
    assert_eq!(text(&read, "response_body_base64"), "Z3LDvMOf");
    assert_eq!(text(&read, "id"), format!("{url}/a?b=c"));
    assert_eq!(read.get("status_code"), Value::number(201_i64));
    assert_eq!(text(&read.get("response_headers"), "X-Many"), "1, 2");
    assert_eq!(text(&read.get("response_headers"), "Content-Type"), "text/plain");
    let seen = server.join().unwrap().remove(0);
    assert_eq!((seen.line.as_str(), seen.body.as_str()), ("POST /a?b=c HTTP/1.1", "question"));
    assert_eq!(seen.headers["accept"], "text/plain");
    assert_eq!(seen.headers["host"], url.strip_prefix("http://").unwrap());
}

#[tokio::test]
async fn redirects_are_followed_and_keep_secrets_from_others() {
    let (other, second) = server(vec![answer("200 OK", "", "there")]);
    let other = other.replace("127.0.0.1", "localhost");
    let moved = answer("302 Found", "Location: /b\r\n", "");
    let away = answer("307 Temporary Redirect", &format!("Location: {other}/c\r\n"), "");
    let (url, first) = server(vec![moved, away]);
    let headers = [("Authorization", Value::string("secret")), ("X-Own", Value::string("kept"))];
    let given = asked(&url)
        .with("method", Value::string("POST"))
        .with("request_body", Value::string("question"))
        .with("request_headers", Value::map(Type::String, headers));
    assert_eq!(text(&Tried::data(&SOURCE, &given).await, "response_body"), "there");
    let seen = first.join().unwrap();
    assert_eq!([&seen[0].line, &seen[1].line], ["POST / HTTP/1.1", "GET /b HTTP/1.1"]);
    assert_eq!(seen[1].headers["authorization"], "secret");
    let seen = second.join().unwrap().remove(0);
    assert_eq!((seen.line.as_str(), seen.body.as_str()), ("GET /c HTTP/1.1", ""));
    assert_eq!(seen.headers.get("authorization"), None);
    assert_eq!(seen.headers["x-own"], "kept");
}

#[tokio::test]
async fn what_fails_is_tried_again_as_often_as_is_said() {
    let busy = || answer("503 Service Unavailable", "Retry-After: 0\r\n", "");
    let (url, first) = server(vec![busy(), busy(), answer("200 OK", "", "at last")]);
    let retry = |attempts: i64| {
        let fields = [("attempts", attempts), ("min_delay_ms", 1), ("max_delay_ms", 2)];
        let retry = Value::object(fields.map(|(name, it)| (name, Value::number(it))));
        asked(&url).with("retry", retry)
    };
    assert_eq!(text(&Tried::data(&SOURCE, &retry(2)).await, "response_body"), "at last");
    first.join().unwrap();
    let error = Tried::try_data(&SOURCE, &retry(1)).await.unwrap_err();
    assert!(error.message.contains("(2 tries)"), "{error}");
    let (url, once) = server(vec![busy()]);
    let asked_with_secrets = asked(&format!("{url}/secret?secret=secret"));
    let error = Tried::try_data(&SOURCE, &asked_with_secrets).await.unwrap_err();
    assert!(error.message.contains("answers with status 503"), "{error}");
    assert!(error.message.contains(&url) && !error.message.contains("secret"), "{error}");
    once.join().unwrap();
    let (url, fine) = server(vec![answer("404 Not Found", "", "none")]);
    let read = Tried::data(&SOURCE, &asked(&url)).await;
    assert_eq!(read.get("status_code"), Value::number(404_i64));
    fine.join().unwrap();
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let given = asked(&url).with("request_timeout_ms", Value::number(50_i64));
    let error = Tried::try_data(&SOURCE, &given).await.unwrap_err();
    assert!(error.message.contains("`request_timeout_ms`, 50 ms"), "{error}");
}

#[test]
fn arguments_that_make_no_sense_are_told() {
    let problems = |given: &Value| {
        let problems = Http::validate(given).into_iter();
        problems.map(|(path, text)| format!("{path}: {text}")).collect::<Vec<_>>()
    };
    assert_eq!(problems(&asked("https://a.b/c")), Vec::<String>::new());
    let ftp = "url: not a URL of `http` or `https`";
    assert_eq!(problems(&asked("ftp://a.b?token=secret")), [ftp]);
    assert_eq!(problems(&asked("secret")), ["url: not a URL: relative URL without a base"]);
    let delays = [("min_delay_ms", Value::number(2_i64)), ("max_delay_ms", Value::number(1_i64))];
    let retry = asked("http://a.b").with("retry", Value::object(delays));
    assert_eq!(problems(&retry), ["retry: `max_delay_ms` must be at least `min_delay_ms`, 2"]);
}
