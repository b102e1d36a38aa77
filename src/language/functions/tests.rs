use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::language::config::Reference;
use crate::language::evaluate::evaluate;
use crate::language::parse::parse_expression;
use crate::language::scope::Scope;
use crate::value::{Marks, ObjectType, Type, Unknown, Value};

struct Console {
    folder: PathBuf,
}
fn variable(name: &str) -> Option<Value> {
    let unknown = |ty| Value::unknown(ty);
    let refined = |prefix: &str| {
        Value::Unknown(Arc::new(Unknown {
            ty: Type::String,
            not_null: true,
            prefix: prefix.into(),
            length_min: 0,
            length_max: None,
        }))
    };
    let object = Type::Object(Arc::new(ObjectType {
        attributes: [("id", Type::String), ("ports", Type::list(Type::Number))]
            .map(|(name, ty)| (name.to_string(), ty))
            .into(),
        optional: Default::default(),
    }));
    let secret = |text: &str| Value::from(text).mark(Marks::SENSITIVE);
    Some(match name {
        "string" => unknown(Type::String),
        "number" => unknown(Type::Number),
        "bool" => unknown(Type::Bool),
        "list" => unknown(Type::list(Type::String)),
        "set" => unknown(Type::set(Type::String)),
        "map" => unknown(Type::map(Type::String)),
        "object" => unknown(object),
        "any" => unknown(Type::Any),
        "filled" => refined(""),
        "arn" => refined("arn:aws:"),
        "partial" => Value::object([("name", Value::from("web")), ("id", unknown(Type::String))]),
        "mixed" => Value::list(Type::String, [Value::from("a"), unknown(Type::String)]),
        "mixedmap" => {
            Value::map(Type::String, [("a", Value::from("x")), ("b", unknown(Type::String))])
        }
        "secret" => secret("hunter2"),
        "secrets" => Value::map(Type::String, [("a", secret("x")), ("b", Value::from("y"))]),
        "hidden" => unknown(Type::String).mark(Marks::SENSITIVE),
        _ => return None,
    })
}
impl Scope for Console {
    fn get(&self, reference: &Reference, span: &Span) -> Result<Value, Box<Diagnostic>> {
        let value = match reference {
            Reference::Variable(name) => variable(name),
            Reference::PathModule | Reference::PathRoot => Some(Value::from(".")),
            _ => None,
        };
        value.ok_or_else(|| {
            Box::new(Diagnostic::error("Undeclared", format!("{reference:?}")).at(span))
        })
    }
    fn folder(&self) -> &Path {
        &self.folder
    }
    fn console(&self) -> bool {
        true
    }
}

#[test]
fn temporary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/expressions");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|it| it.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.push("/tmp/tc2/more.txt".into());
    let (mut good, mut bad) = (0, 0);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut expression = String::new();
        let mut result: Vec<&str> = Vec::new();
        let mut entries = Vec::new();
        let mut in_result = false;
        for line in text.lines().chain(["> end"]) {
            if let Some(e) = line.strip_prefix("> ").or(line.strip_prefix(">")) {
                if in_result {
                    entries.push((std::mem::take(&mut expression), std::mem::take(&mut result)));
                    in_result = false;
                }
                if !expression.is_empty() {
                    expression.push('\n');
                }
                expression.push_str(e);
            } else if line.starts_with('#') && (!in_result || result.last() == Some(&"")) {
            } else if !expression.is_empty() {
                in_result = true;
                result.push(line);
            }
        }
        for (expression, mut result) in entries {
            while result.last() == Some(&"") {
                result.pop();
            }
            let wanted = result.join("\n");
            let source = Arc::new(Source { path: PathBuf::from("case"), text: expression.clone() });
            let (parsed, mut diagnostics) = parse_expression(source);
            let got = match parsed {
                None => Err(diagnostics.0),
                Some(parsed) => {
                    let console = Console { folder: folder.clone() };
                    let value = diagnostics.take(evaluate(&parsed, &console));
                    if diagnostics.has_errors() { Err(diagnostics.0) } else { Ok(value) }
                }
            };
            let shown = match &got {
                Ok(value) => {
                    let r = crate::value::render::render(value);
                    r.trim_end_matches('\n').to_string()
                }
                Err(d) => format!("! {}", d[0].summary),
            };
            if shown != wanted {
                bad += 1;
                println!(
                    "{} > {expression}\nWANT {wanted}\nGOT  {shown}\n{}",
                    file.file_name().unwrap().display(),
                    got.err().map(|d| d[0].detail.clone()).unwrap_or_default()
                );
            } else {
                good += 1;
                if let Err(d) = &got {
                    if std::env::var("SHOWERR").is_ok() {
                        println!("ERR {expression} => {}", d[0].detail)
                    }
                }
            }
        }
    }
    println!("good {good} bad {bad}");
}
