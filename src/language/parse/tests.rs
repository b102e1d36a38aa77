use proptest::prelude::*;

use super::*;
use crate::language::config::{ExpressionKind, Reference, TemplatePart};
use crate::value::Value;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { path: "main.tf".into(), text: text.to_string() })
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null(_) => "null".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => format!("{it:?}"),
        other => format!("{other:?}"),
    }
}

fn reference(reference: &Reference) -> String {
    let key = |key: &Option<crate::address::Key>| {
        key.as_ref().map(|key| key.to_string()).unwrap_or_default()
    };
    match reference {
        Reference::Variable(name) => format!("<var.{name}>"),
        Reference::Local(name) => format!("<local.{name}>"),
        Reference::Module(name, at) => format!("<module.{name}{}>", key(at)),
        Reference::Resource(name, at) => format!("<{name}{}>", key(at)),
        Reference::Bound(name) => name.clone(),
        other => format!("<{other:?}>"),
    }
}

fn all<'e>(items: impl IntoIterator<Item = &'e Expression>) -> String {
    items.into_iter().map(show).collect::<Vec<_>>().join(" ")
}

/// An expression as a tree in parentheses.
fn show(expression: &Expression) -> String {
    match &expression.kind {
        ExpressionKind::Literal(value) => literal(value),
        ExpressionKind::Template(parts) => format!("(template {})", show_parts(parts)),
        ExpressionKind::Reference(it) => reference(it),
        ExpressionKind::Attribute(inside, name) => format!("{}.{name}", show(inside)),
        ExpressionKind::Index(inside, key) => format!("{}[{}]", show(inside), show(key)),
        ExpressionKind::Splat { source, name, each } => {
            format!("(splat {} {name} => {})", show(source), show(each))
        }
        ExpressionKind::Unary(operator, inside) => format!("({operator:?} {})", show(inside)),
        ExpressionKind::Binary(operator, a, b) => {
            format!("({operator:?} {} {})", show(a), show(b))
        }
        ExpressionKind::Conditional(a, b, c) => {
            format!("(if {} {} {})", show(a), show(b), show(c))
        }
        ExpressionKind::Call(call) => {
            let expand = if call.expand { " ..." } else { "" };
            format!("({} {}{expand})", call.name, all(&call.arguments))
        }
        ExpressionKind::Tuple(items) => format!("[{}]", all(items)),
        ExpressionKind::Object(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(key, it)| format!("{}: {}", show(key), show(it))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        ExpressionKind::For(it) => {
            let key = it.key.as_ref().map(|key| format!("{} => ", show(key))).unwrap_or_default();
            let names = it.key_name.iter().chain([&it.value_name]).cloned().collect::<Vec<_>>();
            let group = if it.group { "..." } else { "" };
            let condition = it.condition.as_ref().map(|it| format!(" if {}", show(it)));
            format!(
                "(for {} in {}: {key}{}{group}{})",
                names.join(","),
                show(&it.source),
                show(&it.value),
                condition.unwrap_or_default()
            )
        }
        ExpressionKind::Parentheses(inside) => format!("({})", show(inside)),
    }
}

fn show_parts(parts: &[TemplatePart]) -> String {
    let shown = parts.iter().map(|part| match part {
        TemplatePart::Text(text) => format!("{text:?}"),
        TemplatePart::Interpolation(inside) => format!("${}", show(inside)),
        TemplatePart::If { condition, then, otherwise } => {
            format!("(if {} {} else {})", show(condition), show_parts(then), show_parts(otherwise))
        }
        TemplatePart::For { key, value, source, body } => {
            let names = key.iter().chain([value]).cloned().collect::<Vec<_>>().join(",");
            format!("(for {names} in {}: {})", show(source), show_parts(body))
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The tree of an expression, or its first error with what it points at.
fn parsed(text: &str) -> String {
    match parse_expression(source(text)) {
        (Some(expression), _) => show(&expression),
        (None, diagnostics) => {
            let first = diagnostics.into_iter().next().unwrap();
            let at = first.span.unwrap();
            format!("{} {:?}: {}: {} {}", at, at.text(), first.summary, first.detail, first.hint)
        }
    }
}

fn check(cases: &[(&str, &str)]) {
    for (text, tree) in cases {
        assert_eq!(parsed(text), *tree, "{text}");
    }
}

#[test]
fn literals_are_exact() {
    check(&[
        ("1", "1"),
        ("-1.50", "-1.5"),
        ("- 2", "-2"),
        ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
        ("0.1", "0.1"),
        ("1e3", "1000"),
        ("18446744073709551616", "18446744073709551616"),
        ("true", "true"),
        ("null", "null"),
        (r#""a\n\"\u00e9$${x}%%{y}$ 100%""#, r#""a\n\"é${x}%{y}$ 100%""#),
        ("\"e\u{301}\"", "\"\u{e9}\""),
        ("[1, \"a\",\n # b\n]", "[1 \"a\"]"),
        ("{ a = 1, \"b\" : 2\n (c.d) = 3 }", r#"{"a": 1, "b": 2, (<c.d>): 3}"#),
        (r#"{ "${var.a}-b" = 1 }"#, r#"{(template $<var.a> "-b"): 1}"#),
        ("1 # comment", "1"),
        ("\n1", "1"),
    ]);
}

#[test]
fn references_name_what_is_meant() {
    check(&[
        ("var.a", "<var.a>"),
        ("var.a.b[0].c", "<var.a>.b[0].c"),
        ("local.a", "<local.a>"),
        ("module.m.out", "<module.m>.out"),
        (r#"module.m["k"].out.x"#, r#"<module.m["k"]>.out.x"#),
        ("module.m[each.key].out", "<module.m>[<EachKey>].out"),
        ("aws_vpc.main.id", "<aws_vpc.main>.id"),
        ("aws_subnet.b[0].id", "<aws_subnet.b[0]>.id"),
        ("aws_subnet.b.0.id", "<aws_subnet.b[0]>.id"),
        ("aws_subnet.b[-1].id", "<aws_subnet.b>[-1].id"),
        ("aws_subnet.b[count.index + 1].id", "<aws_subnet.b>[(Add <CountIndex> 1)].id"),
        ("data.aws_region.here.name", "<data.aws_region.here>.name"),
        ("resource.var.x.y", "<var.x>.y"),
        ("each.value.x", "<EachValue>.x"),
        ("path.module", "<PathModule>"),
        ("terraform.workspace", "<Workspace>"),
        ("tofu.workspace", "<Workspace>"),
        ("self.id", "<SelfValue>.id"),
        (
            "f(x...)",
            "main.tf:1:3 \"x\": Invalid reference: `x` alone names nothing here. A resource \
          is referred to by its type and its name, such as `aws_vpc.main`. If text is meant, write \
          \"x\" in quotes; for a variable, write `var.x`.",
        ),
    ]);
}

#[test]
fn what_follows_a_splat_belongs_to_its_elements() {
    check(&[
        ("aws_subnet.b[*].id", "(splat <aws_subnet.b> * => *.id)"),
        ("var.a[*].b[0].c", "(splat <var.a> * => *.b[0].c)"),
        ("var.a.*.b[0]", "(splat <var.a> * => *.b)[0]"),
        ("var.a.*.b.0.c", "(splat <var.a> * => *.b[0].c)"),
        ("var.a[*].b[*].c", "(splat <var.a> * => (splat *.b * => *.c))"),
        ("var.a[*]", "(splat <var.a> * => *)"),
    ]);
}

#[test]
fn operators_bind_as_in_hcl() {
    check(&[
        ("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)"),
        ("!var.a && var.b || var.c", "(Or (And (Not <var.a>) <var.b>) <var.c>)"),
        ("1 == 2 != (3 >= 4)", "(NotEqual (Equal 1 2) ((GreaterOrEqual 3 4)))"),
        ("-var.a % 2", "(Modulo (Negate <var.a>) 2)"),
        ("var.a ? 1 : var.b ? 2 : 3", "(if <var.a> 1 (if <var.b> 2 3))"),
        ("var.a\n  ? 1\n  : 2", "(if <var.a> 1 2)"),
        ("max(var.a...)", "(max <var.a> ...)"),
        ("provider::aws::arn_parse(1)", "(provider::aws::arn_parse 1)"),
        ("core::max(1,\n 2,\n)", "(core::max 1 2)"),
    ]);
}

#[test]
fn names_are_bound_inside_for() {
    check(&[
        ("[for x in var.a : x.y if x.z]", "(for x in <var.a>: x.y if x.z)"),
        (
            "{ for k, v in var.a : k => v... if v != null }",
            "(for k,v in <var.a>: k => v... if (NotEqual v null))",
        ),
        ("[for var in [1] : var.a]", "(for var in [1]: var.a)"),
        ("[for x in x.y : [for z in x : x.z]]", "(for x in <x.y>: (for z in x: x.z))"),
    ]);
    assert!(parsed("[for x in [1] : y]").starts_with("main.tf:1:17 \"y\": Invalid reference"));
    assert!(parsed("[for item in [1] : itme]").ends_with("Did you mean `item`?"));
}

#[test]
fn templates_keep_what_is_written() {
    check(&[
        (r#""${var.a}""#, "<var.a>"),
        (r#""${"a"}""#, r#""a""#),
        (r#"" ${var.a}""#, r#"(template " " $<var.a>)"#),
        (r#"" ${~ var.a ~} ""#, "(template $<var.a>)"),
        (r#""a\n${~ var.a}\tb""#, r#"(template "a" $<var.a> "\tb")"#),
        (
            r#""%{ if var.a }\"x\"%{ else }\t${1}%{ endif }!""#,
            r#"(template (if <var.a> "\"x\"" else "\t" $1) "!")"#,
        ),
        (
            r#""%{ for i, x in var.a ~} ${i}=${x} %{~ endfor }""#,
            r#"(template (for i,x in <var.a>: $i "=" $x))"#,
        ),
        (r#""""#, r#""""#),
        (
            "\"a\nb\"",
            "main.tf:1:1 \"\\\"a\": Invalid multi-line string: A quoted string must end on the \
          line where it starts. Use \\n for a line break, or a heredoc (<<EOT) for text of several \
          lines.",
        ),
        (
            r#""%{ if true }\q%{ endif }""#,
            "main.tf:1:14 \"\\\\\": Invalid escape sequence: A backslash \
          must start an escape sequence. There are \\n, \\r, \\t, \\\", \\\\, \\uNNNN and \
          \\UNNNNNNNN; write \\\\ for a backslash.",
        ),
    ]);
}

#[test]
fn heredocs_lose_the_indentation_that_hcl_takes() {
    check(&[
        ("<<EOT\n  a $${b} \\n\nEOT\n", r#""  a ${b} \\n\n""#),
        ("<<EOT\nEOT\n", r#""""#),
        ("<<-EOT\n    a\n      b\n\n    c\n  EOT\n", r#""a\n  b\n\nc\n""#),
        ("<<-EOT\n    ${1}\n      b\n  EOT\n", r#"(template $1 "\n  b\n")"#),
        ("<<-EOT\n    ${1}${2}\n   b ${3}\n  EOT\n", r#"(template " " $1 $2 "\nb " $3 "\n")"#),
        ("<<EOT\n${1}\nEOT\n", r#"(template $1 "\n")"#),
        // What the oracle printed for the same text.
        (
            "<<-EOT\n    %{ for x in [1] ~}\n      server ${x}\n    %{ endfor ~}\n      ${2} end\n   \n    last\n  EOT\n",
            r#"(template (for x in [1]: "      server " $x "\n") "      " $2 " end\n   \nlast\n")"#,
        ),
        (
            "<<EOT\n  %{~ if true ~}\n    a\n    ${~ 1 ~}\n   \n  %{~ else ~} \n  no\n%{ endif }\nEOT\n",
            r#"(template (if true "    a\n" $1 "   \n" else "  no\n") "\n")"#,
        ),
    ]);
}

#[test]
fn names_of_template_files_are_bound() {
    let (expression, diagnostics) = parse_template(source(
        "%{ for x in xs ~}\n   ${x} $${y}\n   %{~ endfor ~}\n   ${var.end}\n",
    ));
    assert!(diagnostics.is_empty());
    assert_eq!(
        show(&expression.unwrap()),
        r#"(template (for x in xs: "   " $x " ${y}\n") "   " $var.end "\n")"#
    );
    assert_eq!(show(&parse_template(source("plain\n")).0.unwrap()), "\"plain\\n\"");
    assert_eq!(show(&parse_template(source("")).0.unwrap()), "\"\"");
    let (_, diagnostics) = parse_template(source("a ${"));
    assert!(diagnostics.has_errors());
}

#[test]
fn references_that_lead_nowhere_say_what_is_missing() {
    for (text, place, words) in [
        ("foo", "main.tf:1:1", "`foo` alone names nothing here"),
        ("vat", "main.tf:1:1", "Did you mean `var`?"),
        ("var", "main.tf:1:1", "Write for example `var.name`."),
        ("1 + var[0]", "main.tf:1:5", "`var` must be followed by a dot and the name of"),
        ("data.aws_vpc", "main.tf:1:1", "`data.aws_vpc` must be followed by"),
        ("module", "main.tf:1:1", "the name of a module call"),
        ("count.idx", "main.tf:1:1", "It has `count.index`."),
        ("each.keys", "main.tf:1:1", "It has `each.key`, `each.value`."),
        ("terraform.env", "main.tf:1:1", "`terraform` has no attribute `env`."),
        ("ephemeral.a", "main.tf:1:1", "`ephemeral.a` must be followed by"),
        ("template.b", "main.tf:1:1", "write `resource.template.…`"),
        ("{ a.b = 1 }", "main.tf:1:3", "Write `(a.b)` for the value of the reference"),
        ("aws_vpc[\"a\"].b", "main.tf:1:1", "`aws_vpc` alone names nothing"),
    ] {
        let said = parsed(text);
        assert!(said.starts_with(place) && said.contains(words), "{text}: {said}");
    }
}

fn file(text: &str) -> (Body, Diagnostics) {
    parse_file(source(text))
}

#[test]
fn a_file_becomes_blocks_with_spans() {
    let (body, diagnostics) = file(
        "resource \"aws_vpc\" \"main\" {\n  cidr_block = var.cidr\n  provider = aws.west\n\n  \
         dynamic \"thing\" {\n    for_each = var.things\n    iterator = it\n    content {\n      \
         a = it.value\n      b { c = it.key }\n    }\n  }\n  lifecycle {\n    \
         ignore_changes = [tags[\"a\"], foo]\n  }\n}\nvariable \"v\" { type = list(string) }\n",
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let resource = &body.blocks[0];
    assert_eq!(resource.span.text(), "resource \"aws_vpc\" \"main\"");
    assert_eq!(resource.labels[1].1.to_string(), "main.tf:1:20");
    let attributes = &resource.body.attributes;
    assert_eq!(show(&attributes["cidr_block"].value), "<var.cidr>");
    assert_eq!(attributes["cidr_block"].name_span.to_string(), "main.tf:2:3");
    assert_eq!(attributes["cidr_block"].value.span.to_string(), "main.tf:2:16");
    assert_eq!(show(&attributes["provider"].value), "aws.west");
    let dynamic = &resource.body.blocks[0];
    assert_eq!(show(&dynamic.body.attributes["iterator"].value), "it");
    let content = &dynamic.body.blocks[0].body;
    assert_eq!(show(&content.attributes["a"].value), "it.value");
    assert_eq!(show(&content.blocks[0].body.attributes["c"].value), "it.key");
    let ignored = &resource.body.blocks[1].body.attributes["ignore_changes"].value;
    assert_eq!(show(ignored), r#"[tags["a"] foo]"#);
    assert_eq!(show(&body.blocks[1].body.attributes["type"].value), "(list string)");
}

#[test]
fn the_iterator_is_not_bound_outside_of_content() {
    let (_, diagnostics) = file(
        "resource \"a_b\" \"c\" {\n  dynamic \"thing\" {\n    for_each = thing\n    content {}\n  }\n}\n",
    );
    assert_eq!(diagnostics.0[0].span.as_ref().unwrap().to_string(), "main.tf:3:16");
}

#[test]
fn an_iterator_is_a_name() {
    let (_, diagnostics) = file(
        "resource \"a_b\" \"c\" {\n  dynamic \"d\" {\n    for_each = []\n    iterator = \"x\"\n    \
         content {}\n  }\n}\n",
    );
    assert_eq!(diagnostics.0[0].summary, "Invalid iterator");
    assert_eq!(diagnostics.0[0].span.as_ref().unwrap().to_string(), "main.tf:4:16");
}

#[test]
fn spans_survive_what_is_not_ascii() {
    let (body, _) = file("locals {\n  größe = \"ü${var.ä}\"\n}\n");
    let value = &body.blocks[0].body.attributes["größe"].value;
    assert_eq!(value.references()[0].1.text(), "var.ä");
    assert_eq!(value.references()[0].1.to_string(), "main.tf:2:15");
}

#[test]
fn syntax_errors_say_where_and_what() {
    for (text, place, summary) in [
        ("a = ", "main.tf:1:5", "Invalid expression"),
        ("a = 1 b = 2\n", "main.tf:1:7", "Missing line break"),
        ("a = 1\na = 2\n", "main.tf:2:1", "Attribute redefined"),
        ("a = <<EOT\nx\n", "main.tf:1:5", "Unterminated heredoc"),
        ("a = \"\\q\"\n", "main.tf:1:6", "Invalid escape sequence"),
        ("a = \"x\n", "main.tf:1:5", "Unterminated string"),
        ("a {\n  b = 1\n", "main.tf:1:3", "Unclosed block"),
        ("a = [1, 2\nb = 3\n", "main.tf:1:5", "Unclosed bracket"),
        ("a {\n  b = f(1\n}\n", "main.tf:2:8", "Unclosed bracket"),
        ("a {\n  b ?\n}\n", "main.tf:2:5", "Invalid syntax"),
        ("}\n", "main.tf:1:1", "Invalid syntax"),
    ] {
        let (body, diagnostics) = file(text);
        assert!(body.blocks.is_empty());
        let first = &diagnostics.0[0];
        let at = first.span.as_ref().unwrap().to_string();
        assert_eq!((at.as_str(), first.summary.as_str()), (place, summary), "{text}: {first:?}");
    }
}

#[test]
fn line_breaks_are_free_inside_for() {
    let (body, diagnostics) = file(
        "a = {\n  for k, v in var.x :\n  k => v.a # no\n    ? v.b\n    : v.c\n  if v.d &&\n  v.e\n}\n",
    );
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let value = &body.attributes["a"].value;
    assert_eq!(show(value), "(for k,v in <var.x>: k => (if v.a v.b v.c) if (And v.d v.e))");
}

#[test]
fn files_from_other_systems_parse() {
    let (body, diagnostics) =
        file("\u{feff}locals {\r\n  a = <<E\r\nx\r\nE\r\n  b = {\r\n    c = 1 # d\r\n  }\r\n}\r\n");
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(body.blocks[0].span.text(), "locals");
    assert_eq!(show(&body.blocks[0].body.attributes["a"].value), r#""x\r\n""#);
}

#[test]
fn uses_tell_which_output_is_taken() {
    let (expression, _) =
        parse_expression(source("module.a.x + module.b[\"k\"][\"y\"] + aws_a.b.c"));
    let uses = expression.unwrap().uses();
    let attributes: Vec<_> = uses.iter().map(|it| it.attribute.as_deref()).collect();
    assert_eq!(attributes, [Some("x"), Some("y"), Some("c")]);
    assert_eq!(uses[1].span.text(), "module.b[\"k\"]");
}

#[test]
fn uses_tell_what_is_taken_of_elements() {
    let text = "[module.a[var.k].x, aws_a.b[*].y[0], module.a[var.k][\"z\"], module.a[*].x]";
    let (expression, _) = parse_expression(source(text));
    let uses = expression.unwrap().uses();
    let uses = uses.iter().filter(|it| !matches!(it.reference, Reference::Variable(_)));
    let taken: Vec<_> =
        uses.map(|it| (it.attribute.as_deref(), it.of_element.as_deref())).collect();
    assert_eq!(taken, [(None, Some("x")), (None, Some("y")), (None, Some("z")), (None, None)]);
}

const SAMPLE: &str = include_str!("../../../examples/ecs-fargate/main.tf");

proptest! {
    #[test]
    fn any_text_parses_or_fails(text in "[a-z0-9 \"${}%~\\[\\]().,:=?!<>\\-\\n#*/\\\\é]{0,120}") {
        let (_, _) = parse_file(source(&text));
        let (_, _) = parse_expression(source(&text));
        let (_, _) = parse_template(source(&text));
    }

    #[test]
    fn a_broken_file_parses_or_fails(at in 0..SAMPLE.len(), cut in 0..40usize, put in "[\\PC\n]{0,6}") {
        let mut text = SAMPLE.to_string();
        let start = (0..=at).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0);
        let end = (start..text.len()).filter(|it| text.is_char_boundary(*it)).nth(cut);
        text.replace_range(start..end.unwrap_or(text.len()), &put);
        let (_, diagnostics) = parse_file(source(&text));
        for diagnostic in diagnostics {
            let span = diagnostic.span.unwrap();
            prop_assert!(span.source.text.get(span.range.clone()).is_some());
        }
    }
}

#[test]
fn depth_is_limited_before_the_stack_is() {
    let nested = |open: &str, inside: &str, close: &str, times: usize| {
        format!("{}{inside}{}", open.repeat(times), close.repeat(times))
    };
    for text in [
        nested("(", "1", ")", 10_000),
        nested("[", "1", "]", 10_000),
        nested("{a=", "1", "}", 10_000),
        nested("\"${", "1", "}\"", 10_000),
        nested("f(", "1", ")", 10_000),
        nested("!", "true", "", 10_000),
        nested("-", "1", "", 10_000),
        nested("true ? 1 : ", "1", "", 10_000),
        nested("[for a in ", "1", ": a]", 10_000),
        nested("\"%{if true}", "1", "%{endif}\"", 10_000),
        nested("1 + ", "1", "", 10_000),
        format!("var.a{}", ".a".repeat(10_000)),
        format!("var.a{}", "[0]".repeat(10_000)),
        format!("var.a{}", "[*]".repeat(10_000)),
        format!("var.a{}", "[var.a".repeat(10_000)),
    ] {
        let (expression, diagnostics) = parse_expression(source(&text));
        assert!(expression.is_none() && diagnostics.has_errors(), "{}", &text[..20]);
    }
    let (_, diagnostics) = file(&nested("a {\n", "", "}\n", 10_000));
    assert!(diagnostics.has_errors());
    for times in [60, 120] {
        parsed(&nested("(", "1", ")", times));
        parsed(&nested("true ? 1 : ", "1", "", times));
        parsed(&nested("1 + ", "1", "", times));
        parsed(&format!("var.a{}", "[*]".repeat(times)));
    }
}

/// A file with an object of many keys, among them `for`, one that is repeated, and a large object.
fn large_object(last: &str) -> String {
    let inner: String = (0..200).map(|at| format!("i{at} = [{at},\n {at}]\n")).collect();
    let entries: String = (0..300)
        .map(|at| match at {
            100 => "  for = 100, # }\n".to_string(),
            200 => "  k7 = \"again ${1}\" /* , */\n".to_string(),
            250 => format!("  (\"k250\") : {{\n{inner}}}\n"),
            at => format!("  k{at} = {at}\n"),
        })
        .collect();
    format!("locals {{\n  a = {{\n{entries}{last}}}\n  b = 1\n}}\n")
}

#[test]
fn large_objects_are_read_as_small_ones_are() {
    let (body, problems) = parse_file(source(&large_object("")));
    assert!(problems.is_empty(), "{problems:?}");
    let value = &body.blocks[0].body.attributes["a"].value;
    let ExpressionKind::Object(entries) = &value.kind else { panic!("{value:?}") };
    assert_eq!(entries.len(), 300);
    for (at, (key, value)) in entries.iter().enumerate() {
        match at {
            100 => assert_eq!((show(key), show(value)), ("\"for\"".into(), "100".into())),
            200 => assert_eq!(
                (key.span.text(), show(value)),
                ("k7", "(template \"again \" $1)".into())
            ),
            250 => {
                let ExpressionKind::Object(inner) = &value.kind else { panic!("{value:?}") };
                assert_eq!((inner.len(), inner[150].0.span.text()), (200, "i150"));
                assert_eq!(show(&inner[150].1), "[150 150]");
            }
            at => assert_eq!(
                (key.span.text(), value.span.text()),
                (&*format!("k{at}"), &*at.to_string())
            ),
        }
    }
    assert_eq!(show(&body.blocks[0].body.attributes["b"].value), "1");
    assert!(syntax_problems(&source(&large_object(""))).is_empty());
}

#[test]
fn mistakes_in_large_objects_are_told_where_they_are() {
    for (last, place, summary) in [
        ("  x = \n", ":7", "Invalid expression"),
        ("  x y\n", ":", "Invalid syntax"),
        ("  x = [\n", ":7", "Unclosed bracket"),
    ] {
        let text = large_object(last);
        let line = text.lines().position(|it| it == last.trim_end_matches('\n')).unwrap() + 1;
        let place = format!("main.tf:{line}{place}");
        for problems in [parse_file(source(&text)).1, syntax_problems(&source(&text))] {
            let found: Vec<_> = problems.0.iter().map(|it| it.summary.as_str()).collect();
            assert_eq!(found, [summary], "{last}: {problems:?}");
            let at = problems.0[0].span.as_ref().unwrap().to_string();
            assert!(at.starts_with(&place), "{last}: {at}");
        }
    }
}

#[test]
fn strings_of_json_are_shown_where_they_are_written() {
    let text =
        "{\"locals\": {\"a\": \"\\n\\u00e9${local.b}\\t${local.c[\\\"x\\\"]}\", \"b\": \"\\n${\"}}";
    let source = Arc::new(Source { path: "main.tf.json".into(), text: text.to_string() });
    let (body, problems) = parse_json_file(source.clone());
    let value = &body.blocks[0].body.attributes["a"].value;
    let ExpressionKind::Template(parts) = &value.kind else { panic!("{value:?}") };
    let [TemplatePart::Text(before), TemplatePart::Interpolation(local), ..] = &parts[..] else {
        panic!("{value:?}")
    };
    assert_eq!((before.as_str(), local.span.text()), ("\n\u{e9}", "local.b"));
    assert!(Arc::ptr_eq(&local.span.source, &source), "the file is not copied");
    let [problem, ..] = &problems.0[..] else { panic!("{problems:?}") };
    let at = problem.span.as_ref().unwrap();
    assert!(at.range.start >= text.rfind("${").unwrap(), "{at:?}");
}
