//! How tests came out, as JUnit's XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::diagnostic::Diagnostics;
use crate::ui::gathered::{gather, sorted};
use crate::ui::suite::{FileReport, RunReport, Status, counts};
use crate::ui::{Gathering, Ui, diagnostics};

impl Ui {
    /// How the tests came out, for programs that read JUnit's reports.
    pub fn junit(&self, files: &[FileReport]) -> io::Result<Vec<u8>> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let suites = writer.create_element("testsuites");
        suites.write_inner_content(|writer| files.iter().try_for_each(|it| suite(writer, it)))?;
        Ok(writer.into_inner())
    }
}

fn suite(writer: &mut Writer<Vec<u8>>, file: &FileReport) -> io::Result<()> {
    let [_, failed, errored, skipped] = counts(std::slice::from_ref(file));
    let unclean = file.cleanup.has_errors() || !file.left.is_empty();
    let (runs, errored) = (file.runs.len() + usize::from(unclean), errored + usize::from(unclean));
    let runs = runs.to_string();
    let (failed, errored, skipped) = (failed.to_string(), errored.to_string(), skipped.to_string());
    let attributes = [
        ("name", file.path.as_str()),
        ("tests", &runs),
        ("skipped", &skipped),
        ("failures", &failed),
        ("errors", &errored),
    ];
    let suite = writer.create_element("testsuite").with_attributes(attributes);
    suite.write_inner_content(|writer| {
        file.runs.iter().try_for_each(|run| case(writer, &file.path, run))?;
        if unclean { cleanup(writer, file) } else { Ok(()) }
    })?;
    Ok(())
}

/// What could not be destroyed, as a case of its own: such reports have no other place for it.
fn cleanup(writer: &mut Writer<Vec<u8>>, file: &FileReport) -> io::Result<()> {
    let left: String = file.left.iter().map(|it| format!("- {}\n", it.text())).collect();
    let attributes = [("name", "(clean-up)"), ("classname", file.path.as_str())];
    let case = writer.create_element("testcase").with_attributes(attributes);
    case.write_inner_content(|writer| {
        told(writer, "error", "Not all that was made is destroyed", &file.cleanup, &left)
    })?;
    Ok(())
}

fn case(writer: &mut Writer<Vec<u8>>, path: &str, run: &RunReport) -> io::Result<()> {
    let time = format!("{:.3}", run.elapsed.as_secs_f64());
    let attributes = [("name", run.name.as_str()), ("classname", path), ("time", &time)];
    let case = writer.create_element("testcase").with_attributes(attributes);
    case.write_inner_content(|writer| {
        match run.status {
            Status::Pass => {}
            Status::Skip => drop(writer.create_element("skipped").write_empty()?),
            Status::Fail => told(writer, "failure", "Test failed", &run.diagnostics, "")?,
            Status::Error => told(writer, "error", "Test not carried out", &run.diagnostics, "")?,
        }
        Ok(())
    })?;
    Ok(())
}

fn told(
    writer: &mut Writer<Vec<u8>>,
    kind: &str,
    message: &str,
    problems: &Diagnostics,
    more: &str,
) -> io::Result<()> {
    let look = diagnostics::Look { colour: false, width: None };
    let told = gather(sorted(&problems.0), |_| Gathering::Place);
    let text: String = told.iter().map(|it| diagnostics::render(it, look)).collect();
    let element = writer.create_element(kind).with_attribute(("message", message));
    element.write_text_content(BytesText::new(&allowed(&(text + more))))?;
    Ok(())
}

/// The text without the characters that XML cannot have.
fn allowed(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || ['\n', '\t'].contains(c)).collect()
}
