use super::*;
use crate::language::load::{Memory, load};
use crate::value::Marks;

const ROOT: &str = r#"
variable "text" { type = string }
variable "number" { type = number }
variable "names" { type = list(string) }
variable "untyped" { default = null }
variable "port" {
  type     = object({ from = number, to = optional(number, 9) })
  default  = null
  nullable = true
}
variable "secret" {
  type      = string
  default   = "s"
  sensitive = true
  nullable  = false
}
variable "secrets" {
  type      = list(number)
  default   = []
  sensitive = true
}
"#;

struct Given<'g> {
    files: &'g [(&'g str, &'g str)],
    environment: &'g [(&'g str, &'g str)],
    arguments: &'g [InputArgument],
}

impl Given<'_> {
    fn read(&self) -> (BTreeMap<String, InputValue>, BTreeMap<String, Value>, Vec<String>) {
        let all = self.files.iter().chain(&[("main.tf", ROOT)]);
        let files =
            Memory(all.map(|(path, text)| (PathBuf::from(path), text.to_string())).collect());
        let (configuration, _) = load(Path::new("."), &files);
        let root = configuration.unwrap().modules[&Default::default()].clone();
        let environment =
            self.environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let (inputs, mut diagnostics) = read_inputs(&root, &files, environment, self.arguments);
        let values = diagnostics.take(finish_inputs(&root, &inputs));
        let said = diagnostics
            .into_iter()
            .map(|it| {
                let at = it.span.map(|span| format!("{span} ")).unwrap_or_default();
                format!("{at}{}: {} {}", it.summary, it.detail, it.hint)
            })
            .collect();
        (inputs, values, said)
    }
}

const NOTHING: Given<'_> = Given { files: &[], environment: &[], arguments: &[] };

fn var(text: &str) -> InputArgument {
    InputArgument::Variable(text.into())
}

#[test]
fn later_sources_win() {
    let given = Given {
        files: &[
            ("terraform.tfvars", "text = \"a\"\nnumber = 1\nnames = [\"a\"]\n"),
            ("terraform.tfvars.json", "{\"number\": 2, \"names\": [\"b\"]}"),
            ("b.auto.tfvars", "names = [\"d\"]\n"),
            ("a.auto.tfvars", "names = [\"c\"]\n"),
            ("my.tfvars", "untyped = 5\n"),
            ("other.tfvars", "untyped = 6\n"),
        ],
        environment: &[("TF_VAR_text", "env"), ("TF_VAR_secret", "env"), ("TF_VAR_nope", "x")],
        arguments: &[
            var("untyped=4"),
            InputArgument::File("my.tfvars".into()),
            var("port={from=\"1\"}"),
        ],
    };
    let (inputs, values, said) = given.read();
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(values["text"], Value::from("a"));
    assert_eq!(values["number"], Value::from(2));
    assert_eq!(values["names"], Value::list(Type::String, [Value::from("d")]));
    assert_eq!(values["untyped"], Value::from(5));
    assert_eq!(values["port"], Value::object([("from", Value::from(1)), ("to", Value::from(9))]));
    assert_eq!(values["secret"], Value::from("env").mark(Marks::SENSITIVE));
    assert_eq!(inputs["untyped"].source, InputSource::File("my.tfvars".into()));
    assert_eq!(inputs["secret"].source, InputSource::Environment);
    assert_eq!(inputs["names"].span.to_string(), "b.auto.tfvars:1:1");
}

#[test]
fn text_is_an_expression_only_for_types_that_are_not_primitive() {
    let given = Given {
        environment: &[("TF_VAR_names", "[\"x\", \"y\"]"), ("TF_VAR_number", "12")],
        arguments: &[var("text=[1]"), var("untyped={a=1}")],
        ..NOTHING
    };
    let (_, values, said) = given.read();
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(values["text"], Value::from("[1]"));
    assert_eq!(values["untyped"], Value::from("{a=1}"));
    assert_eq!(values["number"], Value::from(12));
    assert_eq!(values["names"].items().unwrap().len(), 2);
}

#[test]
fn what_is_missing_is_told_at_once() {
    let (_, values, said) = NOTHING.read();
    assert_eq!(
        said,
        [
            "main.tf:2:1 No value for required variable: Variables `text`, `number`, `names` have no \
          default and no value was given. Give it with -var text=…, in a .tfvars file with \
          -var-file, or as TF_VAR_text in the environment."
        ]
    );
    assert!(!values["text"].is_known());
}

#[test]
fn mistakes_in_values_are_told_where_they_are() {
    let all = [var("text=a"), var("number=1"), var("names=[]")];
    for (more, file, problem) in [
        (
            var("nope=1"),
            "",
            "Value for undeclared variable: -var gives a value for `nope`, which is not declared. Declare it with a `variable \"nope\"` block.",
        ),
        (
            var("txt=1"),
            "",
            "Value for undeclared variable: -var gives a value for `txt`, which is not declared. Did you mean `text`?",
        ),
        (var("text"), "", "Invalid -var: `-var text` has no `=`. Write -var name=value."),
        (var("names=[\"a\""), "", "<-var names>:1:1 Unclosed bracket: Nothing closes this `[`. "),
        (
            var("names=[var.x]"),
            "",
            "<-var names>:1:2 Constant required: References are not possible here: the value of variable `names` must be a constant. ",
        ),
        (
            var("number=x"),
            "",
            "<-var number>:1:1 Invalid value for variable: The value does not fit variable `number` of type `number`: a number is required; the given string is not a decimal number. ",
        ),
        (
            InputArgument::File("no.tfvars".into()),
            "",
            "Unreadable file: no.tfvars cannot be read: entity not found. ",
        ),
        (
            InputArgument::File("x.tfvars".into()),
            "txt = 1\n",
            "x.tfvars:1:1 Value for undeclared variable: `txt` is not declared, so its value has no effect. Did you mean `text`?",
        ),
        (
            InputArgument::File("x.tfvars".into()),
            "a {}\n",
            "x.tfvars:1:1 Unsupported block: A file of values holds `name = value` lines only. Blocks belong in a .tf file.",
        ),
        (
            InputArgument::File("x.tfvars".into()),
            "text = upper(1)\n",
            "x.tfvars:1:8 Constant required: Function calls are not possible here: the value of variable `text` must be a constant. ",
        ),
        (
            InputArgument::File("x.tfvars".into()),
            "text = \n",
            "x.tfvars:1:8 Invalid expression: A value should stand here, but the line ends. Give a value; `text = null` sets nothing.",
        ),
    ] {
        let arguments: Vec<_> = all.iter().cloned().chain([more]).collect();
        let given = Given { files: &[("x.tfvars", file)], arguments: &arguments, ..NOTHING };
        assert_eq!(given.read().2, [problem]);
    }
    let arguments: Vec<_> =
        all.iter().cloned().chain([InputArgument::File("x.json".into())]).collect();
    let given = Given { files: &[("x.json", "{\n  x\n}")], arguments: &arguments, ..NOTHING };
    assert!(
        given.read().2[0].starts_with("x.json:2:3 Invalid file of values"),
        "{:?}",
        given.read().2
    );
}

#[test]
fn null_means_the_default_where_null_is_not_allowed() {
    let files = [("x.tfvars", "text = null\nnumber = 1\nnames = []\nsecret = null\nport = null\n")];
    let arguments = [InputArgument::File("x.tfvars".into())];
    let (_, values, said) = Given { files: &files, arguments: &arguments, ..NOTHING }.read();
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(values["text"], Value::Null(Type::String));
    assert_eq!(values["secret"], Value::from("s").mark(Marks::SENSITIVE));
    assert!(values["port"].is_null());
}

#[test]
fn secrets_are_not_shown_with_what_is_wrong_with_them() {
    for text in ["[hunter2", "[\"hunter2\"]", "[hunter2]"] {
        let arguments =
            [var("text=a"), var("number=1"), var("names=[]"), var(&format!("secrets={text}"))];
        let (_, _, said) = Given { arguments: &arguments, ..NOTHING }.read();
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("main.tf:17:1"), "{said:?}");
        assert!(said[0].contains("at <-var secrets>:1:"), "{said:?}");
        assert!(!said[0].contains("hunter2"), "{said:?}");
    }
}
