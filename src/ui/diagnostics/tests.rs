use super::*;

const PLAIN: Look = Look { colour: false, width: None };

fn source(path: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { path: path.into(), text: text.to_string() })
}

/// The first place of `piece` in the source.
fn span(source: &Arc<Source>, piece: &str) -> Span {
    let start = source.text.find(piece).unwrap();
    Span { source: source.clone(), range: start..start + piece.len() }
}

fn shown(diagnostic: &Diagnostic, look: Look) -> String {
    render(&Gathered { first: diagnostic, more: Vec::new() }, look)
}

fn wrong(span: &Span) -> Diagnostic {
    Diagnostic::error("Wrong", "It is wrong.").at(span)
}

#[test]
fn places_of_one_file_stand_together() {
    let text = "variable \"a\" {}\n\n\n\n\n\n\n\nvariable \"b\" {}\nvariable \"a\" {}\n";
    let file = source("main.tf", text);
    let first = Span { source: file.clone(), range: 0..12 };
    let second = Span { source: file.clone(), range: text.len() - 16..text.len() - 4 };
    let other = source("other.tf", "variable \"a\" {}\n");
    let problem = wrong(&second).see(&first, "first declared here");
    let problem = problem.see(&span(&other, "variable \"a\""), "and here").hint("Remove two.");
    insta::assert_snapshot!(shown(&problem, PLAIN), @r#"
    error: Wrong
      --> main.tf:10:1
       |
     1 | variable "a" {}
       | ------------ first declared here
    ...
    10 | variable "a" {}
       | ^^^^^^^^^^^^
       |
      ::: other.tf:1:1
       |
     1 | variable "a" {}
       | ------------ and here
       |
       = It is wrong.
       = help: Remove two.
    "#);
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let long = |letter: &str| letter.repeat(5000);
    let text = format!("a = [\"{}\", b, \"{}\", c]\nd = {}\n", long("x"), long("y"), long("z"));
    let file = source("main.tf", &text);
    let problem = wrong(&span(&file, "b,")).see(&span(&file, "c]"), "it comes from here");
    let problem = problem.see(&span(&file, &long("z")), "all of this");
    let text = shown(&problem, PLAIN);
    assert!(text.lines().all(|line| line.chars().count() <= 160), "{text}");
    insta::assert_snapshot!(text, @r#"
    error: Wrong
     --> main.tf:1:5010
      |
    1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", b, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...
      |                                                                   ^^
      |
     ::: main.tf:1:10017
      |
    1 | ...yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", c]
      |                                                          -- it comes from here
      |
     ::: main.tf:2:5
      |
    2 | d = zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...
      |     ------------------------------------------------------------ all of this
      |
      = It is wrong.
    "#);
}

#[test]
fn letters_tabs_and_line_ends_are_in_line() {
    let file = source("main.tf", "a = \"日本語é\"\t+ b\r\nc = [\r\n  1,\r\n]\r\nd = e");
    let problem = wrong(&span(&file, "b")).see(&span(&file, "[\r\n  1,\r\n]"), "the whole list");
    let problem = problem.see(&span(&file, "e"), "the end of the file");
    insta::assert_snapshot!(shown(&problem, PLAIN), @r#"
    error: Wrong
     --> main.tf:1:14
      |
    1 | a = "日本語é"    + b
      |                    ^
    2 | c = [
      |     - the whole list
    ...
    5 | d = e
      |     - the end of the file
      |
      = It is wrong.
    "#);
    let end = Span { source: file.clone(), range: file.text.len()..file.text.len() };
    insta::assert_snapshot!(shown(&wrong(&end), PLAIN), @r"
    error: Wrong
     --> main.tf:5:6
      |
    5 | d = e
      |      ^
      |
      = It is wrong.
    ");
}

#[test]
fn text_is_as_wide_as_the_terminal() {
    let file = source("main.tf", &format!("a = [{}b]\n", "1, ".repeat(40)));
    let detail = "A sentence of many words that needs more room than the terminal has.";
    let problem = Diagnostic::warning("Wrong", detail).at(&span(&file, "b"));
    let look = Look { width: Some(60), ..PLAIN };
    let text = shown(&problem.hint("Do this:\n    a = [1]"), look);
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    insta::assert_snapshot!(text, @r#"
    warning: Wrong
     --> main.tf:1:126
      |
    1 | ...1, 1, 1, 1, 1, 1, 1, 1, b]
      |                            ^
      |
      = A sentence of many words that needs more room
        than the terminal has.
      = help: Do this:
                  a = [1]
    "#);
}

#[test]
fn what_is_told_once_names_the_others() {
    let file = source("main.tf", "a = b\n");
    let all: Vec<_> =
        (0..7).map(|at| wrong(&span(&file, "b")).about(format!("x.y[{at}]"))).collect();
    let more = all.iter().skip(1).collect();
    let text = render(&Gathered { first: &all[0], more }, PLAIN);
    insta::assert_snapshot!(text, @r#"
    error: Wrong (x.y[0])
     --> main.tf:1:5
      |
    1 | a = b
      |     ^
      |
      = It is wrong.
      = note: the same problem with x.y[1], x.y[2], x.y[3], x.y[4] and 2 more
    "#);
}

#[test]
fn nothing_in_a_text_steers_the_terminal() {
    let file = source("a\u{1b}[2J.tf", "a = \"\u{1b}[31m\"\n");
    let problem = Diagnostic::error("Wrong\u{1b}[1m", "Not \u{1b}[31mred.").at(&span(&file, "a"));
    assert!(!shown(&problem, PLAIN).contains('\u{1b}'), "{}", shown(&problem, PLAIN));
}
