//! `format` and `formatlist`: verbs as in Go's `fmt`.

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, Zero as _};
use unicode_segmentation::UnicodeSegmentation as _;

use super::call::{Call, Fault, Outcome, check_length};
use super::encoding::json_text;
use super::string::length;
use super::table::{Function, Parameter, STRING, Shape, function, takes};
use crate::value::{Number, Type, Unknown, Value, convert};

const FORMAT: Parameter = takes("format", STRING);
const ARGUMENTS: Parameter = Parameter::anything("args");

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "format",
        "A string made of others by a specification with verbs such as `%s`, `%d` and `%v`.",
        &[FORMAT],
        STRING,
        format_one,
    )
    .variadic(ARGUMENTS),
    function(
        "formatlist",
        "What `format` makes of each set of corresponding elements of lists.",
        &[FORMAT],
        Shape::List(&STRING),
        format_list,
    )
    .variadic(ARGUMENTS),
];

fn format_one(call: &Call<'_>) -> Outcome {
    let (template, values) = (call.text(0), call.rest(1));
    if values.iter().all(Value::is_wholly_known) {
        return Ok(Value::string(render(template, values)?));
    }
    let prefix = template.split('%').next().unwrap_or_default().to_string();
    let (ty, not_null) = (Type::String, true);
    let unknown = Unknown { ty, not_null, prefix, length_min: 0, length_max: None };
    Ok(Value::Unknown(unknown.into()))
}

/// The length that all sequences among the arguments have; none when there are no sequences.
fn common_length(call: &Call<'_>) -> Result<Option<usize>, Fault> {
    let mut chosen: Option<(usize, usize)> = None;
    for (at, value) in call.rest(1).iter().enumerate() {
        let Some(this) = value.items().map(<[Value]>::len) else { continue };
        match chosen {
            Some((chooser, length)) if length != this => {
                let (at, chooser) = (at + 1, chooser + 1);
                return Err(Fault::at(
                    at,
                    format!(
                        "argument {at} has length {this}, which is inconsistent with argument \
                         {chooser} of length {length}"
                    ),
                ));
            }
            _ => chosen = chosen.or(Some((at, this))),
        }
    }
    Ok(chosen.map(|(_, length)| length))
}

/// Whether it cannot be said yet how many elements the argument stands for.
fn is_open(value: &Value) -> bool {
    match value {
        Value::Unknown(unknown) => {
            matches!(unknown.ty, Type::Any | Type::List(_) | Type::Set(_) | Type::Tuple(_))
        }
        Value::Set(_, items) => items.len() > 1 && !value.is_wholly_known(),
        _ => false,
    }
}

fn format_list(call: &Call<'_>) -> Outcome {
    let count = common_length(call)?;
    if call.rest(1).iter().any(is_open) {
        return Ok(Value::unknown_not_null(Type::list(Type::String)));
    }
    let (mut results, mut length) = (Vec::new(), 0);
    for at in 0..count.unwrap_or(1) {
        let pick = |value: &Value| match value.items() {
            Some(items) => items.get(at).cloned().unwrap_or(Value::NULL),
            None => value.clone(),
        };
        let values: Vec<Value> = call.rest(1).iter().map(pick).collect();
        if values.iter().all(Value::is_wholly_known) {
            let text = render(call.text(0), &values);
            let text =
                text.map_err(|fault| fault.within(&format!("error on format iteration {at}")))?;
            length += text.len();
            check_length(length)?;
            results.push(Value::string(text));
        } else {
            results.push(Value::unknown_not_null(Type::String));
        }
    }
    Ok(Value::list(Type::String, results))
}

/// `%` with what follows.
struct Verb<'a> {
    raw: &'a str,
    /// Where it stands, in bytes.
    offset: usize,
    flags: &'a str,
    width: Option<usize>,
    precision: Option<usize>,
    /// The argument it formats, from 1.
    argument: usize,
    mode: char,
}

impl Verb<'_> {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn unsupported(&self, why: impl std::fmt::Display) -> Fault {
        format!("unsupported value for {:?} at {}: {why}", self.raw, self.offset).into()
    }
}

fn render(template: &str, values: &[Value]) -> Result<String, Fault> {
    let mut out = String::new();
    let (mut at, mut next, mut highest) = (0, 1, 0);
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let literal = rest.find('%').unwrap_or(rest.len());
        out.push_str(rest.get(..literal).unwrap_or_default());
        at += literal;
        if template.get(at..).is_some_and(|rest| rest.starts_with("%%")) {
            out.push('%');
            at += 2;
        } else if at < template.len() {
            let verb = parse_verb(template, at, next)?;
            out.push_str(&apply(&verb, values)?);
            check_length(out.len())?;
            highest = highest.max(verb.argument);
            next = verb.argument + 1;
            at += verb.raw.len();
        }
    }
    if highest < values.len() {
        let why = match highest {
            0 => "no verbs in format string".to_string(),
            _ => format!("only {highest} used by format string"),
        };
        return Err(Fault::at(highest + 1, format!("too many arguments; {why}")));
    }
    Ok(out)
}

/// The largest width and precision, as in Go's `fmt`.
const WIDEST: usize = 1_000_000;

/// Reads a verb at `offset`, which is that of its `%`.
fn parse_verb(template: &str, offset: usize, next: usize) -> Result<Verb<'_>, Fault> {
    let mut reader = Reader { text: template, at: offset + 1 };
    let flags = reader.take(|it| "0#-+ ".contains(it));
    let width = reader.number();
    let precision = reader.eat('.').then(|| reader.number().unwrap_or_default());
    if [width, precision].into_iter().flatten().any(|it| it > WIDEST) {
        let wide = format!("width or precision at offset {offset} is more than {WIDEST}");
        return Err(wide.into());
    }
    let argument = if reader.eat('[') {
        let index = reader.number().filter(|index| *index > 0);
        index.filter(|_| reader.eat(']')).ok_or_else(|| reader.unexpected())?
    } else {
        next
    };
    let mode = reader.take_one(|it| it.is_ascii_alphabetic()).ok_or_else(|| reader.unexpected())?;
    let raw = template.get(offset..reader.at).unwrap_or_default();
    Ok(Verb { raw, offset, flags, width, precision, argument, mode })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, accepts: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.len() - rest.trim_start_matches(accepts).len();
        self.at += taken;
        rest.get(..taken).unwrap_or_default()
    }

    fn take_one(&mut self, accepts: impl Fn(char) -> bool) -> Option<char> {
        let next = self.rest().chars().next().filter(|it| accepts(*it))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.take_one(|it| it == wanted).is_some()
    }

    fn number(&mut self) -> Option<usize> {
        let digits = self.take(|it| it.is_ascii_digit());
        (!digits.is_empty()).then(|| digits.parse().unwrap_or(usize::MAX))
    }

    fn unexpected(&self) -> Fault {
        let at = self.at;
        match self.rest().chars().next() {
            Some(it) => format!("unrecognized format character {it:?} at offset {at}").into(),
            None => format!("invalid format string starting at offset {at}").into(),
        }
    }
}

fn apply(verb: &Verb<'_>, values: &[Value]) -> Result<String, Fault> {
    let (raw, offset, argument) = (verb.raw, verb.offset, verb.argument);
    let Some(value) = values.get(argument - 1) else {
        let message = format!(
            "not enough arguments for {raw:?} at {offset}: need index {argument} but have {} total",
            values.len()
        );
        return Err(message.into());
    };
    if value.is_null() && verb.mode != 'v' {
        return Err(verb.unsupported("null value cannot be formatted"));
    }
    let converted = |ty: &Type| convert(value, ty).map_err(|error| verb.unsupported(error.message));
    match verb.mode {
        'v' => Ok(pad(verb, as_it_is(verb, value)?)),
        't' => Ok(if converted(&Type::Bool)?.as_bool() == Some(true) { "true" } else { "false" }
            .to_string()),
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let number = converted(&Type::Number)?;
            let whole = number.as_number().filter(|it| it.is_whole());
            let whole = whole.ok_or_else(|| verb.unsupported("an integer is required"))?;
            Ok(integer(verb, &whole.decimal().with_scale(0).into_bigint_and_exponent().0))
        }
        'e' | 'E' | 'f' | 'g' | 'G' => {
            let number = converted(&Type::Number)?;
            Ok(float(verb, number.as_number()))
        }
        's' | 'q' => {
            let string = converted(&Type::String)?;
            let text = shortened(verb, string.as_str().unwrap_or_default());
            if verb.mode == 's' { Ok(pad(verb, text)) } else { quoted(verb, &text) }
        }
        mode => {
            Err(format!("unsupported format verb {mode:?} in {raw:?} at offset {offset}").into())
        }
    }
}

fn as_it_is(verb: &Verb<'_>, value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) if !verb.has('#') => Ok(text.to_string()),
        Value::Number(number) if !verb.has('#') => Ok(general(number.decimal(), None)),
        _ => json_text(value).map_err(|error| verb.unsupported(error)),
    }
}

fn quoted(verb: &Verb<'_>, text: &str) -> Result<String, Fault> {
    let quoted = json_text(&Value::string(text)).map_err(|error| verb.unsupported(error))?;
    Ok(pad(verb, quoted))
}

/// The first characters of the text, as many as the precision says.
fn shortened(verb: &Verb<'_>, text: &str) -> String {
    match verb.precision {
        None | Some(0) => text.to_string(),
        Some(most) => text.graphemes(true).take(most).collect(),
    }
}

fn pad(verb: &Verb<'_>, text: String) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(length(&text));
    let fill = if verb.has('0') { "0" } else { " " }.repeat(missing);
    if verb.has('-') { text + &fill } else { fill + &text }
}

fn sign(verb: &Verb<'_>, negative: bool) -> &'static str {
    match negative {
        true => "-",
        false if verb.has('+') => "+",
        false if verb.has(' ') => " ",
        false => "",
    }
}

fn integer(verb: &Verb<'_>, number: &BigInt) -> String {
    let (radix, prefix) = match verb.mode {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let mut digits = number.magnitude().to_str_radix(radix);
    if verb.mode == 'X' {
        digits = digits.to_uppercase();
    }
    if verb.precision == Some(0) && number.is_zero() {
        return String::new();
    }
    let prefix = if verb.has('#') { prefix } else { "" };
    let start = format!("{}{prefix}", sign(verb, number.sign() == Sign::Minus));
    let zeros = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    let digits = "0".repeat(zeros) + &digits;
    align(verb, &start, &digits, verb.precision.is_none())
}

/// Brings a number to the width: zeros go between sign and digits, spaces before or after.
fn align(verb: &Verb<'_>, start: &str, digits: &str, zeros_allowed: bool) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(start.len() + digits.len());
    match () {
        () if verb.has('-') => format!("{start}{digits}{}", " ".repeat(missing)),
        () if verb.has('0') && zeros_allowed => format!("{start}{}{digits}", "0".repeat(missing)),
        () => format!("{}{start}{digits}", " ".repeat(missing)),
    }
}

fn float(verb: &Verb<'_>, number: Option<&Number>) -> String {
    let number = number.map(Number::decimal).cloned().unwrap_or_default();
    let negative = number.sign() == Sign::Minus;
    let magnitude = number.abs();
    let digits = match verb.mode {
        'f' => fixed(&magnitude, verb.precision.unwrap_or(6)),
        'e' | 'E' => scientific(&magnitude, verb.precision.unwrap_or(6)),
        _ => general(&magnitude, verb.precision),
    };
    let digits = if verb.mode.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
    align(verb, sign(verb, negative), &digits, true)
}

fn fixed(magnitude: &BigDecimal, precision: usize) -> String {
    magnitude.with_scale_round(size(precision), RoundingMode::HalfEven).to_plain_string()
}

/// The digits of a number without trailing zeros, and the power of ten of the first.
fn significant(magnitude: &BigDecimal) -> (String, i64) {
    let (digits, scale) = magnitude.normalized().into_bigint_and_exponent();
    let digits = digits.magnitude().to_str_radix(10);
    let exponent = size(digits.len()) - 1 - scale;
    if magnitude.is_zero() { ("0".to_string(), 0) } else { (digits, exponent) }
}

/// `d.ddde±dd`
fn scientific(magnitude: &BigDecimal, precision: usize) -> String {
    let (_, exponent) = significant(magnitude);
    let scale = size(precision).saturating_sub(exponent);
    let rounded = magnitude.with_scale_round(scale, RoundingMode::HalfEven);
    let (digits, exponent) = significant(&rounded);
    let (first, more) = digits.split_at(1);
    let point = if precision > 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    let zeros = "0".repeat(precision.saturating_sub(more.len()));
    format!("{first}{point}{more}{zeros}e{sign}{:02}", exponent.abs())
}

/// `%g`: the shortest form, or the one with so many significant digits, with an exponent when it is
/// large or very small.
fn general(number: &BigDecimal, precision: Option<usize>) -> String {
    let negative = if number.sign() == Sign::Minus { "-" } else { "" };
    let (magnitude, limit) = match precision {
        None => (number.abs(), None),
        Some(precision) => {
            let (magnitude, precision) = (number.abs(), precision.max(1));
            let scale = size(precision) - 1 - significant(&magnitude).1;
            (magnitude.with_scale_round(scale, RoundingMode::HalfEven), Some(precision))
        }
    };
    let (digits, exponent) = significant(&magnitude);
    let before_point = exponent + 1;
    // Without precision OpenTofu takes an exponent from a million on.
    let most = match limit {
        None => 6,
        Some(limit) if limit > digits.len() && size(digits.len()) >= before_point => {
            size(digits.len())
        }
        Some(limit) => size(limit),
    };
    let written = limit.map_or(digits.len(), |limit| limit.min(digits.len()));
    if exponent < -4 || exponent >= most {
        return format!("{negative}{}", scientific(&magnitude, written - 1));
    }
    let places = size(digits.len()).saturating_sub(before_point).max(0);
    format!("{negative}{}", fixed(&magnitude, usize::try_from(places).unwrap_or_default()))
}

fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
