//! A small HTTP server that answers what a test tells it to, and archives for it to have.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Cursor, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

/// The server; it goes on until the test binary ends.
pub struct Host {
    pub url: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    /// The requests, with their headers in small letters.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Host {
    pub fn new() -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let host = Host { url, answers: Arc::default(), requests: Arc::default() };
        let (answers, requests) = (host.answers.clone(), host.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = head(&stream);
                let path = request.split(' ').nth(1).unwrap_or_default().to_string();
                requests.lock().unwrap().push(request.to_lowercase());
                answer(stream, answers.lock().unwrap().get(&path));
            }
        });
        host
    }

    /// What is answered to requests for a path, its query included.
    pub fn put(&self, path: &str, status: u16, headers: &[&str], body: impl Into<Vec<u8>>) {
        let headers = headers.iter().map(|it| format!("{it}\r\n")).collect();
        let answer = Answer { status, headers, body: body.into() };
        self.answers.lock().unwrap().insert(path.to_string(), answer);
    }

    /// Forgets all answers.
    pub fn clear(&self) {
        self.answers.lock().unwrap().clear();
    }

    /// The requests for paths that start so.
    pub fn requests(&self, path: &str) -> Vec<String> {
        let start = format!("get {path}");
        let all = self.requests.lock().unwrap();
        all.iter().filter(|it| it.starts_with(&start)).cloned().collect()
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn answer(mut stream: TcpStream, answer: Option<&Answer>) {
    let none = Answer { status: 404, headers: String::new(), body: b"not here".to_vec() };
    let Answer { status, headers, body } = answer.unwrap_or(&none);
    let length = body.len();
    let start = format!("HTTP/1.1 {status} x\r\n{headers}");
    let start = match status {
        204 => format!("{start}connection: close\r\n\r\n"),
        _ => format!("{start}content-length: {length}\r\nconnection: close\r\n\r\n"),
    };
    // a client that has gone away is none of the test's business
    let _ = stream.write_all(start.as_bytes()).and_then(|()| stream.write_all(body));
}

/// A zip archive of files.
pub fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A tar.gz archive of files.
pub fn tarred(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}
