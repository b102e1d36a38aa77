//! Of keys that stand twice in an object the last one counts, as in OpenTofu. The parser refuses them,
//! unless it gets to see another name of the same length.

use std::borrow::Cow;

use hcl_edit::parser::Error;

/// What the parser makes of a text in which keys of objects may be repeated.
pub(super) fn parse_with_repeated_keys<T>(
    text: &str,
    parser: impl Fn(&str) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut text = Cow::Borrowed(text);
    for number in 0_usize.. {
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

/// The text with another name for the key at a place, if the key is a plain name or text.
fn renamed(text: &str, at: usize, number: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let (start, length) = match rest.strip_prefix('"') {
        Some(inside) => (at + 1, inside.find('"')?),
        None => (at, rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')?),
    };
    let key = text.get(start..start + length)?;
    if key.is_empty() || key.contains(['\\', '$', '%', '\n']) {
        return None;
    }
    let mut renamed = text.to_string();
    renamed.replace_range(start..start + length, &name(number, length)?);
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
    fn only_plain_keys_get_another_name() {
        assert_eq!(renamed("{ab = 1}", 1, 0).as_deref(), Some("{_a = 1}"));
        assert_eq!(renamed("{\"a b\" = 1}", 1, 1).as_deref(), Some("{\"__b\" = 1}"));
        for text in ["{(a) = 1}", "{\"${a}\" = 1}", "{\"\\n\" = 1}"] {
            assert_eq!(renamed(text, 1, 0), None, "{text}");
        }
    }
}
