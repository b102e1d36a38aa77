//! Of keys that stand twice in an object the last one counts, as in OpenTofu. The parser refuses them,
//! unless it gets to see another name of the same length.

use std::borrow::Cow;

use hcl_edit::parser::Error;

use super::scan::closed;

/// How many keys may be repeated: the text is read anew for each.
const REPEATS: usize = 200;

/// What the parser makes of a text in which keys of objects may be repeated.
pub(super) fn parse_with_repeated_keys<T>(
    text: &str,
    parser: impl Fn(&str) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut text = Cow::Borrowed(text);
    for number in 0..REPEATS {
        let error = match parser(&text) {
            Err(error) if error.message().contains("redefined object key") => error,
            outcome => return outcome,
        };
        match renamed(&text, error.location().offset(), number) {
            Some(other) => text = Cow::Owned(other),
            None => return Err(error),
        }
    }
    parser(&text)
}

/// The text with a name in place of the key at a place: a name, a text or an expression in parentheses.
fn renamed(text: &str, at: usize, number: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let length = match rest.starts_with(['"', '(']) {
        true => closed(rest)?,
        false => rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')?,
    };
    let mut renamed = text.to_string();
    renamed.replace_range(at..at + length, &name(number, length)?);
    Some(renamed)
}

/// A name of a length for each number; none when there are no more.
fn name(number: usize, length: usize) -> Option<String> {
    let mut rest = number;
    let mut letters = vec!['_'; length];
    for letter in letters.iter_mut().rev() {
        *letter = char::from_digit(10 + u32::try_from(rest % 26).ok()?, 36)?;
        rest /= 26;
        if rest == 0 {
            return Some(letters.iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_length_that_is_asked_for() {
        assert_eq!(name(0, 3).as_deref(), Some("__a"));
        assert_eq!(name(27, 3).as_deref(), Some("_bb"));
        assert_eq!(name(25, 1).as_deref(), Some("z"));
        assert_eq!(name(26, 1), None);
    }

    #[test]
    fn any_key_gets_another_name() {
        for (text, renamed_text) in [
            ("{ab = 1}", "{_a = 1}"),
            ("{\"a b\" = 1}", "{____a = 1}"),
            ("{(a[\")\"]) = 1}", "{_______a = 1}"),
            ("{\"${\"a\"}\" = 1}", "{_______a = 1}"),
        ] {
            assert_eq!(renamed(text, 1, 0).as_deref(), Some(renamed_text), "{text}");
        }
        assert_eq!(renamed("{(a", 1, 0), None);
    }
}
