//! What exists in one region: tables of JSON documents, with the changes since they were saved.

use std::collections::BTreeMap;

use serde_json::Value;

/// A document before or after a change; `None` where there is none.
pub type Change = (String, String, Option<Value>);

/// Tables of documents by id. Documents have the shape in which AWS shows them.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    tables: BTreeMap<String, BTreeMap<String, Value>>,
    /// What was there before each change that is not committed yet.
    undo: Vec<Change>,
    /// The same for the last commit, for reads that are stale.
    last: Vec<Change>,
}

impl Documents {
    /// One document.
    pub fn get(&self, table: &str, id: &str) -> Option<&Value> {
        self.tables.get(table)?.get(id)
    }

    /// All documents of a table, in the order of their ids.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.tables.get(table).into_iter().flatten()
    }

    /// The documents of a table, without their ids.
    pub fn all(&self, table: &str) -> impl Iterator<Item = &Value> {
        self.rows(table).map(|(_, document)| document)
    }

    /// The names of all tables.
    pub fn tables(&self) -> impl Iterator<Item = &String> {
        self.tables.keys()
    }

    /// Adds or replaces a document.
    pub fn put(&mut self, table: &str, id: &str, document: Value) {
        self.set(table, id, Some(document));
    }

    /// A document to change.
    pub fn edit(&mut self, table: &str, id: &str) -> Option<&mut Value> {
        let before = self.get(table, id)?.clone();
        self.undo.push((table.to_owned(), id.to_owned(), Some(before)));
        self.tables.get_mut(table)?.get_mut(id)
    }

    /// Takes a document away.
    pub fn remove(&mut self, table: &str, id: &str) -> Option<Value> {
        let before = self.get(table, id).cloned();
        self.set(table, id, None);
        before
    }

    fn set(&mut self, table: &str, id: &str, document: Option<Value>) {
        let before = self.load((table.to_owned(), id.to_owned(), document));
        self.undo.push((table.to_owned(), id.to_owned(), before));
    }

    /// Makes a change without remembering it; returns what was there.
    pub fn load(&mut self, (table, id, document): Change) -> Option<Value> {
        let rows = self.tables.entry(table).or_default();
        match document {
            Some(document) => rows.insert(id, document),
            None => rows.remove(&id),
        }
    }

    /// What the changes since the last commit lead to, each document once.
    pub fn changes(&self) -> Vec<Change> {
        let mut seen = std::collections::BTreeSet::new();
        let changed = self.undo.iter().filter(|(table, id, _)| seen.insert((table, id)));
        let changed: Vec<_> = changed
            .filter(|(table, id, before)| self.get(table, id) != before.as_ref())
            .map(|(table, id, _)| (table.clone(), id.clone(), self.get(table, id).cloned()))
            .collect();
        changed
    }

    /// Accepts the changes since the last commit.
    pub fn commit(&mut self) {
        if !self.undo.is_empty() {
            self.last = std::mem::take(&mut self.undo);
        }
    }

    /// Takes the changes since the last commit back.
    pub fn roll_back(&mut self) {
        while let Some(change) = self.undo.pop() {
            self.load(change);
        }
    }

    /// The documents as before the last commit.
    pub fn past(&self) -> Documents {
        let mut past = self.clone();
        past.undo = past.last.clone();
        past.roll_back();
        past
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_committed_or_taken_back() {
        let mut documents = Documents::default();
        documents.put("vpc", "a", json!(1));
        documents.put("vpc", "b", json!(1));
        documents.commit();
        documents.put("vpc", "a", json!(2));
        documents.remove("vpc", "b");
        documents.put("vpc", "c", json!(3));
        documents.put("vpc", "c", json!(4));
        let changed = [
            ("vpc".into(), "a".into(), Some(json!(2))),
            ("vpc".into(), "b".into(), None),
            ("vpc".into(), "c".into(), Some(json!(4))),
        ];
        assert_eq!(documents.changes(), changed);
        documents.roll_back();
        let rows: Vec<_> = documents.rows("vpc").map(|(id, row)| (id.as_str(), row)).collect();
        assert_eq!(rows, [("a", &json!(1)), ("b", &json!(1))]);
        assert!(documents.changes().is_empty());
    }

    #[test]
    fn the_past_is_before_the_last_commit() {
        let mut documents = Documents::default();
        documents.put("vpc", "a", json!(1));
        documents.commit();
        *documents.edit("vpc", "a").unwrap() = json!(2);
        documents.commit();
        assert_eq!(documents.past().get("vpc", "a"), Some(&json!(1)));
        assert_eq!(documents.get("vpc", "a"), Some(&json!(2)));
    }
}
