//! How large values are, so that none gets too large for the memory. Parts that are shared count each
//! time: whatever looks at the whole value looks at them that often.

use super::{Number, Value};

/// The largest value, about in bytes: more than eight million elements, or so much text.
pub const LARGEST_VALUE: usize = 256 << 20;

/// The longest text that is made, in bytes.
pub const LONGEST_TEXT: usize = 128 << 20;

/// What an element counts besides its text.
const ELEMENT: usize = 32;

/// The most elements right in one value.
pub const MOST_ELEMENTS: usize = LARGEST_VALUE / ELEMENT;

impl Value {
    /// About how many bytes the value takes, or `most` if it is more: then not all of it is looked at.
    pub fn size(&self, most: usize) -> usize {
        let mut left = most;
        self.spend(&mut left);
        most - left
    }

    /// Whether it is larger than any value may be.
    pub fn is_too_large(&self) -> bool {
        self.size(LARGEST_VALUE) >= LARGEST_VALUE
    }

    fn spend(&self, left: &mut usize) {
        if *left == 0 {
            return;
        }
        let own = match self {
            Value::String(text) => text.len(),
            Value::Number(number) => number.size(),
            _ => 0,
        };
        *left = left.saturating_sub(ELEMENT + own);
        match self {
            Value::Marked(_, inner) => inner.spend(left),
            Value::List(_, items) | Value::Set(_, items) | Value::Tuple(items) => {
                items.iter().take_while(|it| it.spends(left)).for_each(drop);
            }
            Value::Map(_, fields) | Value::Object(fields) => {
                for (name, field) in fields.iter() {
                    *left = left.saturating_sub(name.len());
                    if !field.spends(left) {
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    /// Spends what this value takes; whether anything is left.
    fn spends(&self, left: &mut usize) -> bool {
        self.spend(left);
        *left > 0
    }
}

impl Number {
    /// About how many bytes its digits take.
    fn size(&self) -> usize {
        let (digits, _) = self.decimal().as_bigint_and_scale();
        usize::try_from(digits.bits() / 8).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_parts_count_each_time() {
        let mut value = Value::tuple([Value::from("abcd")]);
        assert_eq!(value.size(1000), 68);
        assert_eq!(value.size(50), 50);
        for _ in 0..60 {
            assert!(!value.is_too_large() || value.size(LARGEST_VALUE) == LARGEST_VALUE);
            value = Value::tuple([value.clone(), value]);
        }
        assert!(value.is_too_large());
    }

    #[test]
    fn long_texts_and_numbers_are_large() {
        assert_eq!(Value::from("x".repeat(500)).size(1000), 532);
        assert_eq!(Value::object([("name", Value::from("x"))]).size(1000), 69);
        let digits: Number = "7".repeat(1000).parse().unwrap();
        assert!(Value::number(digits).size(1000) > 400);
    }
}
