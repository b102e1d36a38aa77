//! Texts that are written with escapes of another language, as templates in strings of JSON are: what
//! they say, and where each part of them is written.

use std::ops::Range;

use crate::diagnostic::Span;

/// A text without the escapes it is written with.
pub(super) struct Words<'t> {
    text: &'t str,
    /// The bytes, in the text and in the file, from where on both go on alike.
    turns: Vec<(usize, usize)>,
}

impl<'t> Words<'t> {
    /// What a string of JSON at a place says; none if it is written as it is.
    pub(super) fn of(text: &'t str, span: &Span) -> Option<Words<'t>> {
        let start = span.range.start + 1;
        let written = span.source.text.get(start..span.range.end.saturating_sub(1))?;
        if written == text {
            return None;
        }
        let (mut turns, mut said, mut at) = (vec![(0, start)], 0, 0);
        while let Some(plain) = written.get(at..).and_then(|rest| rest.find('\\')) {
            (said, at) = (said + plain, at + plain);
            let meant = text.get(said..)?.chars().next()?;
            let unicode = written.get(at + 1..)?.starts_with('u');
            said += meant.len_utf8();
            at += match (unicode, meant.len_utf16()) {
                (false, _) => 2,
                (true, units) => 6 * units,
            };
            turns.push((said, start + at));
        }
        Some(Words { text, turns })
    }

    /// Where a byte of the text is written.
    pub(super) fn place(&self, at: usize) -> usize {
        let turn = self.turns.partition_point(|it| it.0 <= at).checked_sub(1);
        let (said, written) = turn.and_then(|it| self.turns.get(it)).copied().unwrap_or_default();
        written + (at - said)
    }

    /// What is written in a range of the file.
    pub(super) fn said(&self, written: Range<usize>) -> &'t str {
        self.text.get(self.back(written.start)..self.back(written.end)).unwrap_or_default()
    }

    /// Which byte of the text is written at one of the file.
    pub(super) fn back(&self, at: usize) -> usize {
        let turn = self.turns.partition_point(|it| it.1 <= at).checked_sub(1);
        let (said, written) = turn.and_then(|it| self.turns.get(it)).copied().unwrap_or_default();
        (said + at.saturating_sub(written)).min(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::diagnostic::Source;

    fn words<'t>(text: &'t str, written: &str) -> Option<Words<'t>> {
        let file = format!("[\"{written}\"]");
        let range = 1..file.len() - 1;
        let source = Arc::new(Source { path: "main.tf.json".into(), text: file });
        Words::of(text, &Span { source, range })
    }

    #[test]
    fn parts_of_a_text_are_where_they_are_written() {
        let text = "a\n\"b\u{e9}c\u{1f600}d\u{e9}e";
        let words = words(
            text,
            r#"a\n\"b\u00e9c\ud83d\ude00d\u{e9}e"#.replace("\\u{e9}", "\u{e9}").as_str(),
        );
        let words = words.unwrap();
        for (part, place) in [("a", 2), ("\n", 3), ("b", 7), ("c", 14), ("d", 27), ("e", 30)] {
            let at = text.find(part).unwrap();
            assert_eq!(words.place(at), place, "{part}");
            let end = words.place(at + part.len());
            assert_eq!(words.said(place..end), part);
        }
    }

    #[test]
    fn what_has_no_escapes_needs_no_words() {
        assert!(words("a${b}", "a${b}").is_none());
    }
}
