//! The text of the journal: a header, then one record a line, each with a checksum that covers it
//! and everything before it.
//!
//! ```text
//! {"terrace_journal":1}
//! {"sum":"1f0c…","record":{"made":{"step":"…","id":"vpc-1"}}}
//! ```
//! A record counts once its line is wholly on the disk. What was cut short at the end was never
//! acknowledged, so it is left out; any other deviation is damage.

use std::path::Path;

use serde::Deserialize as _;
use sha2::{Digest as _, Sha256};

use super::{Record, StateError};

/// The version of the format.
const VERSION: u64 = 1;
const HEADER: &str = "{\"terrace_journal\":1}";
const BEFORE_SUM: &str = "{\"sum\":\"";
const BEFORE_RECORD: &str = "\",\"record\":";
const SUM_LENGTH: usize = 16;

/// A journal, and where its next record goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// Where the next one goes.
    pub tail: Tail,
    /// How many bytes at the end were left out because their line is not whole.
    pub torn: usize,
}

/// The end of a journal: what it takes to add to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The bytes that count: records are appended here.
    pub length: usize,
    /// Whether the last record that counts lacks only the end of its line.
    open: bool,
    sum: String,
}

impl Tail {
    /// Moves behind the records, and returns the bytes that must be written for them.
    pub fn add(&mut self, records: &[Record]) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = match (self.length, self.open) {
            (0, _) => format!("{HEADER}\n"),
            (_, true) => "\n".to_string(),
            _ => String::new(),
        };
        for record in records {
            let record = serde_json::to_string(record)?;
            self.sum = next_sum(&self.sum, record.as_bytes());
            text.push_str(&format!("{BEFORE_SUM}{}{BEFORE_RECORD}{record}}}\n", self.sum));
        }
        self.length += text.len();
        self.open = false;
        Ok(text.into_bytes())
    }
}

impl Journal {
    /// The journal of these records, and its bytes: none for no records.
    pub fn of(records: Vec<Record>) -> Result<(Journal, Vec<u8>), serde_json::Error> {
        let mut tail = Tail::default();
        let bytes = if records.is_empty() { Vec::new() } else { tail.add(&records)? };
        Ok((Journal { records, tail, torn: 0 }, bytes))
    }
}

fn next_sum(sum: &str, record: &[u8]) -> String {
    let mut digest = Sha256::new();
    digest.update(sum.as_bytes());
    digest.update(record);
    hex(&digest.finalize()).chars().take(SUM_LENGTH).collect()
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a journal. `path` is for messages.
pub fn read(bytes: &[u8], path: &Path) -> Result<Journal, StateError> {
    let mut journal = Journal::default();
    let mut offset = 0;
    for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let last = offset + line.len() == bytes.len();
        let taken = if at == 0 { header(line, path)? } else { take_record(&mut journal, line) };
        match taken {
            Ok(()) => {
                journal.tail.length = offset + line.len();
                journal.tail.open = !line.ends_with(b"\n");
            }
            Err(_) if last && is_torn(line) => journal.torn = line.len(),
            Err(detail) => {
                return Err(StateError::Damaged {
                    path: path.into(),
                    line: at + 1,
                    offset,
                    detail,
                });
            }
        }
        offset += line.len();
    }
    Ok(journal)
}

/// Whether a line looks like one whose writing was cut short: it has no end, or pieces that never
/// reached the disk.
fn is_torn(line: &[u8]) -> bool {
    !line.ends_with(b"\n") || line.contains(&0)
}

fn header(line: &[u8], path: &Path) -> Result<Result<(), String>, StateError> {
    if line.trim_ascii() == HEADER.as_bytes() {
        return Ok(Ok(()));
    }
    let json: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    match json["terrace_journal"].as_u64() {
        Some(found) if found > VERSION => {
            Err(StateError::NewerJournal { path: path.into(), found })
        }
        _ => Ok(Err("it is not the first line of a journal of terrace".into())),
    }
}

fn take_record(journal: &mut Journal, line: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not text")?.trim_end();
    let parts = text.strip_prefix(BEFORE_SUM).and_then(|rest| rest.split_once(BEFORE_RECORD));
    let (sum, rest) = parts.ok_or("it is not a record")?;
    let record = rest.strip_suffix('}').ok_or("it is not a record")?;
    if next_sum(&journal.tail.sum, record.as_bytes()) != sum {
        return Err("its checksum does not fit, or a line before it is missing".into());
    }
    let mut json = serde_json::Deserializer::from_str(record);
    let record = Record::deserialize(&mut json).map_err(|error| error.to_string())?;
    journal.records.push(record);
    journal.tail.sum = sum.to_string();
    Ok(())
}
