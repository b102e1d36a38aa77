//! Colours by meaning.

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Something is made.
    Add,
    /// Something is changed.
    Change,
    /// Something is destroyed.
    Destroy,
    /// Something that matters more than what is around it.
    Strong,
    /// Something that matters less.
    Faint,
}

/// The text in the colour of its meaning, or as it is without colour.
pub(super) fn paint(text: &str, label: Label, colour: bool) -> String {
    if !colour {
        return text.to_string();
    }
    let code = match label {
        Label::Add => "32",
        Label::Change => "33",
        Label::Destroy => "31",
        Label::Strong => "1",
        Label::Faint => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
