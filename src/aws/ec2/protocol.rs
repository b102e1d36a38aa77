//! IP protocols of security group rules, which have names and numbers.

use crate::value::Value;

/// The protocols that EC2 calls by name.
const NAMED: [(&str, u8); 4] = [("icmp", 1), ("tcp", 6), ("udp", 17), ("icmpv6", 58)];

/// All protocols.
pub(super) const ALL: &str = "-1";

/// The one way EC2 writes a protocol: the name when it has one, `-1` for all.
pub(super) fn normal(protocol: &str) -> String {
    let lower = protocol.to_ascii_lowercase();
    if lower == ALL || lower == "all" {
        return ALL.to_string();
    }
    let number = lower.parse::<u8>().ok();
    let named = NAMED.iter().find(|(_, it)| Some(*it) == number);
    named.map_or(lower, |(name, _)| (*name).to_string())
}

/// Whether rules of a protocol, in its normal form, tell ports apart (types and codes for ICMP).
pub(super) fn has_ports(protocol: &str) -> bool {
    NAMED.iter().any(|(name, _)| *name == protocol)
}

/// Whether two values mean the same protocol.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => normal(a) == normal(b),
        _ => a == b,
    }
}

/// Checks that a value is a protocol.
pub(super) fn check(value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let name = normal(text);
    if name == ALL || has_ports(&name) || name.parse::<u8>().is_ok() {
        return Ok(());
    }
    Err(format!("`{text}` is no protocol: write tcp, udp, icmp, icmpv6, -1 for all, or a number"))
}

#[cfg(test)]
mod tests {
    use super::{Value, check, normal};

    #[test]
    fn protocols_have_one_normal_form() {
        let normals = ["tcp", "6", "TCP", "all", "-1", "58", "50"].map(normal);
        assert_eq!(normals, ["tcp", "tcp", "tcp", "-1", "-1", "icmpv6", "50"]);
    }

    #[test]
    fn what_is_no_protocol_is_said() {
        assert!(check(&Value::string("udp")).is_ok());
        assert!(check(&Value::string("47")).is_ok());
        assert!(check(&Value::string("http")).unwrap_err().contains("`http` is no protocol"));
        assert!(check(&Value::string("300")).is_err());
    }
}
