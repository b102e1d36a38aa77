//! The file that keeps what exists in a region: one line of changes for each call.
//!
//! A line is written before the call is answered, so a process that is killed loses nothing it was
//! told about. Several processes may use the same file: each call first reads what others wrote.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::documents::{Change, Documents};

/// A log is written anew once it has this many lines more than documents.
const SLACK: usize = 1000;

/// The log of one region.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// The file that was read last; another one may have taken its place since.
    inode: u64,
    /// Where the last complete line ends.
    end: u64,
    lines: usize,
}

impl Log {
    /// The log at a path, not read yet.
    pub fn new(path: PathBuf) -> Log {
        Log { path, inode: 0, end: 0, lines: 0 }
    }

    /// Brings documents up to date; `true` if others had written.
    pub fn catch_up(&mut self, documents: &mut Documents) -> io::Result<bool> {
        let metadata = match std::fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let had_lines = self.end > 0;
                if had_lines {
                    *documents = Documents::default();
                }
                *self = Log::new(std::mem::take(&mut self.path));
                return Ok(had_lines);
            }
            metadata => metadata?,
        };
        if metadata.ino() != self.inode || metadata.len() < self.end {
            *documents = Documents::default();
            (self.inode, self.end, self.lines) = (metadata.ino(), 0, 0);
        }
        if metadata.len() == self.end {
            return Ok(false);
        }
        self.read_on(documents)
    }

    fn read_on(&mut self, documents: &mut Documents) -> io::Result<bool> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.end))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let before = self.lines;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            // A line without its end was cut off by a kill; nobody was told of it.
            let Some((b'\n', line_text)) = line.split_last() else { break };
            let changes: Vec<Change> = serde_json::from_slice(line_text).map_err(|error| {
                let message = format!("line {}: {error}", self.lines + 1);
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            for change in changes {
                documents.load(change);
            }
            self.end += line.len() as u64;
            self.lines += 1;
        }
        Ok(self.lines > before)
    }

    /// Writes the changes of one call.
    pub fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        if file.metadata()?.len() > self.end {
            file.set_len(self.end)?;
        }
        file.write_all(&line)?;
        self.inode = file.metadata()?.ino();
        self.end += line.len() as u64;
        self.lines += 1;
        Ok(())
    }

    /// Writes the log anew if most of it is history.
    pub fn compact(&mut self, documents: &Documents) -> io::Result<()> {
        let changes = all(documents);
        if self.lines <= changes.len() + SLACK {
            return Ok(());
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut text = serde_json::to_vec(&changes)?;
        text.push(b'\n');
        file.write_all(&text)?;
        let file = file.persist(&self.path).map_err(|error| error.error)?;
        (self.inode, self.end, self.lines) = (file.metadata()?.ino(), text.len() as u64, 1);
        Ok(())
    }
}

fn all(documents: &Documents) -> Vec<Change> {
    let rows = documents.tables().flat_map(|table| {
        documents.rows(table).map(|(id, it)| (table.clone(), id.clone(), Some(it.clone())))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(id: &str, value: u32) -> Vec<Change> {
        vec![("vpc".into(), id.into(), Some(json!(value)))]
    }

    #[test]
    fn two_readers_see_what_each_other_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eu-west-1.jsonl");
        let (mut one, mut two) = (Log::new(path.clone()), Log::new(path));
        let (mut here, mut there) = (Documents::default(), Documents::default());
        assert!(!one.catch_up(&mut here).unwrap());
        one.append(&change("a", 1)).unwrap();
        assert!(two.catch_up(&mut there).unwrap());
        assert_eq!(there.get("vpc", "a"), Some(&json!(1)));
        two.append(&change("b", 2)).unwrap();
        here.load(("vpc".into(), "a".into(), Some(json!(1))));
        assert!(one.catch_up(&mut here).unwrap());
        assert_eq!(here.get("vpc", "b"), Some(&json!(2)));
    }

    #[test]
    fn a_line_that_was_cut_off_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eu-west-1.jsonl");
        Log::new(path.clone()).append(&change("a", 1)).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"[[\"vpc\",\"b\"").unwrap();
        let (mut log, mut documents) = (Log::new(path.clone()), Documents::default());
        log.catch_up(&mut documents).unwrap();
        log.append(&change("c", 3)).unwrap();
        let mut again = Documents::default();
        Log::new(path).catch_up(&mut again).unwrap();
        let ids: Vec<_> = again.rows("vpc").map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["a", "c"]);
    }

    #[test]
    fn history_is_dropped_and_others_notice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eu-west-1.jsonl");
        let (mut log, mut documents) = (Log::new(path.clone()), Documents::default());
        for value in 0..SLACK as u32 + 10 {
            log.append(&change("a", value)).unwrap();
        }
        let mut other = Log::new(path.clone());
        other.catch_up(&mut documents).unwrap();
        other.compact(&documents).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
        let mut again = Documents::default();
        assert!(log.catch_up(&mut again).unwrap());
        assert_eq!(again.get("vpc", "a"), Some(&json!(SLACK as u32 + 9)));
    }
}
