//! Text for a terminal.

use std::borrow::Cow;

/// The text with signs in place of what would steer the terminal.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let steers = |it: char| it.is_control() && it != '\n' && it != '\t';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let shown = |it: char| match it {
        '\r' => None,
        it if steers(it) => {
            char::from_u32(0x2400 + u32::from(it)).filter(|_| it < ' ').or(Some('�'))
        }
        it => Some(it),
    };
    Cow::Owned(text.chars().filter_map(shown).collect())
}

/// The text in lines of at most `width` characters, where it has blanks to break them at.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.chars().count() <= width {
            lines.push(line.to_string());
            continue;
        }
        let indent: String = line.chars().take_while(|it| *it == ' ').collect();
        let mut current = indent.clone();
        for word in line.split_whitespace() {
            let length = current.chars().count() + 1 + word.chars().count();
            if length > width && current.len() > indent.len() {
                lines.push(std::mem::replace(&mut current, indent.clone()));
            }
            if current.len() > indent.len() {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks() {
        assert_eq!(wrapped("one two three", 7), "one two\nthree");
        assert_eq!(wrapped("  one two three\nfour", 9), "  one two\n  three\nfour");
        assert_eq!(wrapped("éé ééééééééé é", 4), "éé\nééééééééé\né");
        assert_eq!(wrapped("a  b", 9), "a  b");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(printable("a\u{1b}[31m\r\n\tb\u{9b}"), "a␛[31m\n\tb�");
        assert!(matches!(printable("plain — text"), Cow::Borrowed(_)));
    }
}
