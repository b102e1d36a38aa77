//! Asks for lines at a terminal, with a history.

use console::{Key, Term};

use super::Ui;

/// Control and a letter, as terminals send it.
const fn control(letter: u8) -> char {
    (letter - b'a' + 1) as char
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line.
    Line(String),
    /// Control-C in a line, which is dropped.
    Dropped,
    /// Control-C in an empty line.
    Interrupted,
    /// Control-D, or the terminal is gone.
    Ended,
}

/// Asks at a terminal.
pub struct Prompt {
    terminal: Term,
    history: Vec<String>,
}

impl Ui {
    /// A prompt, if somebody sits at the other end.
    pub fn prompt(&self) -> Option<Prompt> {
        use std::io::IsTerminal as _;
        let answers = std::io::stdin().is_terminal();
        (self.live && answers).then(|| Prompt { terminal: Term::stderr(), history: Vec::new() })
    }
}

impl Prompt {
    /// Asks for a line.
    pub fn ask(&mut self, sign: &str) -> Answer {
        let mut line = Line::new(&self.history);
        let answer = loop {
            if self.show(sign, &line).is_err() {
                break Answer::Ended;
            }
            let Ok(key) = self.terminal.read_key_raw() else { break Answer::Ended };
            if let Some(answer) = line.key(key) {
                break answer;
            }
        };
        // When the terminal is gone, there is nobody to miss the line break.
        drop(self.terminal.write_line(""));
        if let Answer::Line(text) = &answer
            && !text.trim().is_empty()
            && self.history.last() != Some(text)
        {
            self.history.push(text.clone());
        }
        answer
    }

    /// Shows the part of the line around the cursor that fits.
    fn show(&self, sign: &str, line: &Line<'_>) -> std::io::Result<()> {
        let (_, columns) = self.terminal.size();
        let space = usize::from(columns).saturating_sub(sign.len() + 1).max(1);
        let (shown, behind) = line.part(space);
        self.terminal.clear_line()?;
        self.terminal.write_str(&format!("{sign}{shown}"))?;
        if behind > 0 {
            self.terminal.move_cursor_left(behind)?;
        }
        Ok(())
    }
}

/// A line that is being written.
struct Line<'h> {
    text: Vec<char>,
    /// The cursor stands before this character.
    at: usize,
    history: &'h [String],
    /// Which line of the history is shown; one past the last for the new line.
    recalled: usize,
    /// The new line while another is shown.
    draft: Vec<char>,
    /// What was cut last.
    cut: Vec<char>,
    /// Whether an arrow with another key is being read.
    modified: bool,
}

impl<'h> Line<'h> {
    fn new(history: &'h [String]) -> Line<'h> {
        let (text, draft, cut) = (Vec::new(), Vec::new(), Vec::new());
        Line { text, at: 0, history, recalled: history.len(), draft, cut, modified: false }
    }

    /// Does what a key says; gives the answer when that is complete.
    fn key(&mut self, key: Key) -> Option<Answer> {
        match key {
            Key::Enter => return Some(Answer::Line(self.text.iter().collect())),
            Key::CtrlC if self.text.is_empty() => return Some(Answer::Interrupted),
            Key::CtrlC => return Some(Answer::Dropped),
            Key::Char(c) if c == control(b'd') && self.text.is_empty() => {
                return Some(Answer::Ended);
            }
            Key::ArrowLeft => self.at = self.at.saturating_sub(1),
            Key::ArrowRight => self.at = (self.at + 1).min(self.text.len()),
            Key::Home => self.at = 0,
            Key::End => self.at = self.text.len(),
            Key::ArrowUp => self.recall(self.recalled.saturating_sub(1)),
            Key::ArrowDown => self.recall((self.recalled + 1).min(self.history.len())),
            Key::Backspace if self.at > 0 => self.remove(self.at - 1, self.at),
            Key::Del => self.remove(self.at, self.at + 1),
            Key::Tab => self.insert(' '),
            Key::UnknownEscSeq(sequence) => self.escape(&sequence),
            Key::Char(c) if self.modified => self.modified_arrow(c),
            Key::Char(c) => self.character(c),
            _ => {}
        }
        None
    }

    fn character(&mut self, c: char) {
        match c {
            c if c == control(b'b') => self.at = self.at.saturating_sub(1),
            c if c == control(b'd') => self.remove(self.at, self.at + 1),
            c if c == control(b'f') => self.at = (self.at + 1).min(self.text.len()),
            c if c == control(b'k') => self.cut(self.at, self.text.len()),
            c if c == control(b'n') => self.recall((self.recalled + 1).min(self.history.len())),
            c if c == control(b'p') => self.recall(self.recalled.saturating_sub(1)),
            c if c == control(b't') => self.swap(),
            c if c == control(b'u') => self.cut(0, self.at),
            c if c == control(b'w') => self.cut(self.word_start(), self.at),
            c if c == control(b'y') => self.cut.clone().into_iter().for_each(|it| self.insert(it)),
            c if !c.is_control() => self.insert(c),
            _ => {}
        }
    }

    /// Does what a sequence says of which the terminal library knows only that it began.
    fn escape(&mut self, sequence: &[char]) {
        match sequence {
            ['b'] => self.at = self.word_start(),
            ['f'] => self.at = self.word_end(),
            // Control or another key with an arrow, or the ends of what is pasted: which of them
            // follows as if it were typed.
            ['[', '0'..='9', ';' | '0'..='9'] => self.modified = true,
            _ => {}
        }
    }

    /// Takes the rest of such a sequence: a digit for the key that is held, and a letter.
    fn modified_arrow(&mut self, c: char) {
        self.modified = c.is_ascii_digit();
        match c {
            'C' => self.at = self.word_end(),
            'D' => self.at = self.word_start(),
            _ => {}
        }
    }

    /// Swaps the characters around the cursor, at the end of the line the two before it.
    fn swap(&mut self) {
        let second = self.at.min(self.text.len().saturating_sub(1));
        if let Some(first) = second.checked_sub(1).filter(|_| self.at > 0) {
            self.text.swap(first, second);
            self.at = second + 1;
        }
    }

    /// Removes the characters of a range, to be put somewhere else.
    fn cut(&mut self, start: usize, end: usize) {
        self.cut = self.text.get(start..end).unwrap_or_default().to_vec();
        self.remove(start, end);
    }

    fn insert(&mut self, c: char) {
        self.text.insert(self.at.min(self.text.len()), c);
        self.at += 1;
    }

    /// Removes the characters of a range, whose start is where the cursor then stands.
    fn remove(&mut self, start: usize, end: usize) {
        let end = end.min(self.text.len());
        self.text.drain(start.min(end)..end);
        self.at = start;
    }

    /// Where the word before the cursor begins.
    fn word_start(&self) -> usize {
        let before = self.text.get(..self.at).unwrap_or_default();
        let word_end = before.iter().rposition(|c| *c != ' ').map_or(0, |at| at + 1);
        let word = before.get(..word_end).unwrap_or_default();
        word.iter().rposition(|c| *c == ' ').map_or(0, |at| at + 1)
    }

    /// Where the word behind the cursor ends.
    fn word_end(&self) -> usize {
        let mut after = self.text.iter().enumerate().skip(self.at);
        after.find(|(_, c)| **c != ' ');
        after.find(|(_, c)| **c == ' ').map_or(self.text.len(), |(at, _)| at)
    }

    /// Shows another line of the history.
    fn recall(&mut self, which: usize) {
        if which == self.recalled {
            return;
        }
        if self.recalled == self.history.len() {
            self.draft = std::mem::take(&mut self.text);
        }
        let recalled = self.history.get(which);
        self.text = recalled.map_or_else(|| self.draft.clone(), |line| line.chars().collect());
        self.at = self.text.len();
        self.recalled = which;
    }

    /// What is shown in so many columns, and how many of them are behind the cursor.
    fn part(&self, columns: usize) -> (String, usize) {
        let start = self.at.saturating_sub(columns.saturating_sub(1));
        let shown: String = self.text.iter().skip(start).take(columns).collect();
        let behind: String = shown.chars().skip(self.at - start).collect();
        let width = console::measure_text_width(&behind);
        (shown, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered to these keys.
    fn typed(history: &[String], keys: impl IntoIterator<Item = Key>) -> Option<Answer> {
        let mut line = Line::new(history);
        keys.into_iter().find_map(|key| line.key(key))
    }

    fn keys(text: &str) -> Vec<Key> {
        text.chars().map(Key::Char).collect()
    }

    fn line(text: &str) -> Option<Answer> {
        Some(Answer::Line(text.to_string()))
    }

    #[test]
    fn lines_can_be_corrected() {
        let edit = [Key::Home, Key::Char('('), Key::End, Key::Backspace, Key::Char(')')];
        let all = [keys("1 + 2x"), edit.to_vec(), vec![Key::Enter]].concat();
        assert_eq!(typed(&[], all), line("(1 + 2)"));
        let edit = vec![Key::ArrowLeft, Key::Char(control(b'w')), Key::Del, Key::Enter];
        assert_eq!(typed(&[], [keys("one two!"), edit].concat()), line("one "));
        let edit = vec![Key::ArrowLeft, Key::Char(control(b'k')), Key::Enter];
        assert_eq!(typed(&[], [keys("ab"), edit].concat()), line("a"));
    }

    #[test]
    fn words_are_jumped_over_and_moved() {
        let arrow = |letter: char| {
            let start = Key::UnknownEscSeq(vec!['[', '1', ';']);
            [start, Key::Char('5'), Key::Char(letter)]
        };
        let typed_then = |more: &[Key]| {
            typed(&[], [keys("one two"), more.to_vec(), vec![Key::Char('!'), Key::Enter]].concat())
        };
        assert_eq!(typed_then(&arrow('D')), line("one !two"));
        assert_eq!(typed_then(&[&arrow('D')[..], &arrow('D')].concat()), line("!one two"));
        assert_eq!(typed_then(&[&[Key::Home][..], &arrow('C')].concat()), line("one! two"));
        let back = Key::UnknownEscSeq(vec!['b']);
        assert_eq!(typed_then(&[back]), line("one !two"));
        let press = |letter| Key::Char(control(letter));
        assert_eq!(typed_then(&[press(b'w'), Key::Home, press(b'y')]), line("two!one "));
        assert_eq!(typed_then(&[press(b't')]), line("one tow!"));
        assert_eq!(typed_then(&[press(b'b'), press(b't')]), line("one tow!"));
        assert_eq!(typed_then(&[Key::Home, press(b't'), press(b'f')]), line("o!ne two"));
    }

    #[test]
    fn earlier_lines_come_back() {
        let history = ["first".to_string(), "second".to_string()];
        let up = Key::ArrowUp;
        let back = [keys("new"), vec![up.clone(), up.clone(), up.clone(), Key::Enter]].concat();
        assert_eq!(typed(&history, back), line("first"));
        let there_and_back = [keys("new"), vec![up, Key::ArrowDown, Key::Enter]].concat();
        assert_eq!(typed(&history, there_and_back), line("new"));
        let (back, forth) = (Key::Char(control(b'p')), Key::Char(control(b'n')));
        let keys = vec![back.clone(), back, forth, Key::Enter];
        assert_eq!(typed(&history, keys), line("second"));
    }

    #[test]
    fn control_keys_end_or_drop() {
        assert_eq!(typed(&[], [Key::CtrlC]), Some(Answer::Interrupted));
        assert_eq!(typed(&[], [Key::Char('a'), Key::CtrlC]), Some(Answer::Dropped));
        assert_eq!(typed(&[], [Key::Char(control(b'd'))]), Some(Answer::Ended));
        let inside = [Key::Char('a'), Key::Home, Key::Char(control(b'd')), Key::Enter];
        assert_eq!(typed(&[], inside), line(""));
    }

    #[test]
    fn the_part_around_the_cursor_is_shown() {
        let mut line = Line::new(&[]);
        line.text = "abcdef".chars().collect();
        line.at = 6;
        assert_eq!(line.part(4), ("def".to_string(), 0));
        line.at = 1;
        assert_eq!(line.part(4), ("abcd".to_string(), 3));
    }
}
