//! Objects with very many entries are read in pieces: the parser compares each key with all keys before
//! it. The text that it gets has blanks instead of what is in such an object, at the same places.

use std::ops::Range;

use super::scan::{Kind, Open, Scanner, is_name};

/// How many line breaks and commas between its entries make an object a large one.
const LARGE: usize = 64;

/// How many of them there are in a piece.
const PIECE: usize = 32;

/// How deep brackets are looked into: the parser goes less deep.
const DEPTH: usize = 80;

/// What stands before the entries of a piece: an entry, since they may begin with `for`.
pub(super) const OPENING: &str = "{0=0,";

/// A large object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Large {
    /// What is between its braces.
    inside: Range<usize>,
    /// Where pieces of it end.
    cuts: Vec<usize>,
}

/// A text with its large objects, by where they begin.
pub(super) struct Pieces<'t> {
    text: &'t str,
    objects: Vec<Large>,
}

impl<'t> Pieces<'t> {
    /// The text as it is.
    pub(super) fn none(text: &'t str) -> Pieces<'t> {
        Pieces { text, objects: Vec::new() }
    }

    /// The text with its large objects; none if it has some, but brackets that do not match.
    pub(super) fn of(text: &'t str) -> Option<Pieces<'t>> {
        let mut search = Search {
            scanner: Scanner::new(text),
            braces: vec![Brace { body: true, ..Brace::default() }],
            last: b'=',
            found: Vec::new(),
        };
        let mut sound = true;
        while sound && search.scanner.at < text.len() {
            sound = search.step();
        }
        let large = |it: &Brace| !it.body && it.separators > LARGE;
        if (!sound || !search.scanner.open.is_empty())
            && (!search.found.is_empty() || search.braces.iter().any(large))
        {
            return None;
        }
        search.found.sort_unstable_by_key(|it| it.inside.start);
        Some(Pieces { text, objects: search.found })
    }

    /// The whole text without what is in large objects.
    pub(super) fn outline(&self) -> String {
        self.blanked(0..self.text.len())
    }

    /// The pieces of the object whose brace is at a place, if it is a large one: where each is, and
    /// the text of an object of the entries in it, after that of [`OPENING`].
    pub(super) fn of_object(&self, at: usize) -> Option<impl Iterator<Item = (usize, String)>> {
        let found = self.objects.binary_search_by_key(&(at + 1), |it| it.inside.start).ok()?;
        let large = self.objects.get(found)?;
        let starts = std::iter::once(large.inside.start).chain(large.cuts.iter().copied());
        let ends = large.cuts.iter().copied().chain([large.inside.end]);
        Some(
            starts
                .zip(ends)
                .map(|(start, end)| (start, format!("{OPENING}{}}}", self.blanked(start..end)))),
        )
    }

    /// Where large objects begin.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.objects.iter().map(|it| it.inside.start - 1)
    }

    /// A part of the text without what is in the large objects inside of it.
    fn blanked(&self, range: Range<usize>) -> String {
        let mut blanked = String::with_capacity(range.len());
        let mut at = range.start;
        let text = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        loop {
            let next = self.objects.partition_point(|it| it.inside.start < at.max(range.start + 1));
            match self.objects.get(next).map(|it| &it.inside) {
                Some(inside) if inside.start < range.end => {
                    blanked.push_str(text(at..inside.start));
                    blanked.extend(inside.clone().map(|_| ' '));
                    at = inside.end;
                }
                _ => {
                    blanked.push_str(text(at..range.end));
                    return blanked;
                }
            }
        }
    }
}

/// A brace that is open: of an object, or of the body of a block, as is the whole text.
#[derive(Default)]
struct Brace {
    body: bool,
    start: usize,
    separators: usize,
    cuts: Vec<usize>,
}

/// The search for large objects.
struct Search<'t> {
    scanner: Scanner<'t>,
    braces: Vec<Brace>,
    /// The last byte of code: after a name or a label, a brace opens a block.
    last: u8,
    found: Vec<Large>,
}

impl Search<'_> {
    /// Goes on by one sign; whether brackets are sound so far.
    fn step(&mut self) -> bool {
        let (at, depth) = (self.scanner.at, self.scanner.open.len());
        let byte = self.scanner.rest().first().copied().unwrap_or_default();
        let kind = self.scanner.open.last().map(|it| &it.kind);
        let level = matches!(kind, None | Some(Kind::Brace));
        let code = level || matches!(kind, Some(Kind::Loose(_)));
        if self.scanner.step().is_some() {
            return false;
        }
        let opened = self.scanner.open.len() > depth;
        match self.scanner.open.last() {
            Some(Open { kind: Kind::Brace, .. }) if opened => self.open(level),
            _ if level && byte == b'}' => self.close(at, depth),
            _ if level && !opened => self.separate(),
            _ => {}
        }
        let comment = matches!(byte, b'#' | b'/') && self.scanner.at > at + 1;
        if code && !comment && !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        true
    }

    fn open(&mut self, level: bool) {
        let within = level && self.braces.last().is_none_or(|it| it.body);
        let body = within && (is_name(self.last) || self.last == b'"');
        self.braces.push(Brace { body, start: self.scanner.at, ..Brace::default() });
    }

    fn close(&mut self, at: usize, depth: usize) {
        let Some(brace) = self.braces.pop() else { return };
        if !brace.body && brace.separators > LARGE && depth < DEPTH {
            self.found.push(Large { inside: brace.start..at, cuts: brace.cuts });
        }
    }

    /// Counts a line break or comma, which a comment may end with.
    fn separate(&mut self) {
        let Some(brace) = self.braces.last_mut() else { return };
        if matches!(self.scanner.before(), Some(b'\n' | b',')) {
            brace.separators += 1;
            if brace.separators % PIECE == 0 {
                brace.cuts.push(self.scanner.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with a number of entries.
    fn object(entries: usize) -> String {
        let entry = |at| format!("  k{at} = \"}}\" # , }}\n");
        format!("{{\n{}}}", (0..entries).map(entry).collect::<String>())
    }

    #[test]
    fn large_objects_are_blanked_out_and_cut() {
        let text = format!("a \"b\" {{\n c = [{}, {}]\n}}\n", object(100), object(10));
        let pieces = Pieces::of(&text).unwrap();
        let outline = pieces.outline();
        assert_eq!(outline.len(), text.len());
        assert_eq!(outline.matches("k0").count(), 1, "the small one is left");
        let at = text.find("{\n  k0").unwrap();
        let found: Vec<_> = pieces.of_object(at).unwrap().collect();
        assert_eq!(found.len(), 4);
        for (start, piece) in &found {
            let inside = piece.strip_prefix(OPENING).unwrap().strip_suffix('}').unwrap();
            assert_eq!(text.get(*start..start + inside.len()), Some(inside));
        }
        assert_eq!(found.iter().map(|it| it.1.matches('=').count() - 1).sum::<usize>(), 100);
    }

    #[test]
    fn large_objects_in_large_objects_are_cut_on_their_own() {
        let outer = object(100).replace("\"}\"", &object(100));
        let pieces = Pieces::of(&outer).unwrap();
        assert_eq!(pieces.places().count(), 101);
        let most = pieces.places().flat_map(|at| pieces.of_object(at).unwrap());
        assert!(most.map(|(_, text)| text.matches('=').count()).max() < Some(40));
    }

    #[test]
    fn blocks_are_no_objects() {
        let body = object(100).replace("\"}\"", "1");
        for text in [format!("a {body}"), format!("a \"b\" /* c */ {body}")] {
            assert_eq!(Pieces::of(&text).unwrap().places().count(), 0, "{text}");
        }
        for text in [format!("a = {body}"), format!("a = b(x, {body})"), format!("a={{b={body}}}")]
        {
            assert_eq!(Pieces::of(&text).unwrap().places().count(), 1, "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_sound_are_not_cut() {
        assert!(Pieces::of(object(100).trim_end_matches('}')).is_none());
        assert!(Pieces::of("a = {").is_some_and(|it| it.places().count() == 0));
    }
}
