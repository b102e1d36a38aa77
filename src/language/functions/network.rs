//! Functions on ranges of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr as _;

use bigdecimal::num_bigint::{BigInt, BigUint};
use bigdecimal::{One as _, Signed as _, ToPrimitive as _};
use ipnet::IpNet;

use super::call::{Call, Fault, Outcome, text, texts, truth};
use super::table::{BOOL, Function, NUMBER, Parameter, STRING, Shape, function, takes};

const PREFIX: Parameter = takes("prefix", STRING);

pub(super) const FUNCTIONS: &[Function] = &[
    function(
        "cidrcontains",
        "Whether an address or a range of addresses lies in a range.",
        &[takes("containing_prefix", STRING), takes("contained_ip_or_prefix", STRING)],
        BOOL,
        contains,
    ),
    function(
        "cidrhost",
        "The address with a number in a range; a negative number counts from the end.",
        &[PREFIX, takes("hostnum", NUMBER)],
        STRING,
        host,
    ),
    function(
        "cidrnetmask",
        "The netmask of a range of IPv4 addresses.",
        &[PREFIX],
        STRING,
        netmask,
    ),
    function(
        "cidrsubnet",
        "The subnet with a number in a range, whose prefix is so many bits longer.",
        &[PREFIX, takes("newbits", NUMBER), takes("netnum", NUMBER)],
        STRING,
        subnet,
    ),
    function(
        "cidrsubnets",
        "Consecutive subnets in a range, whose prefixes are so many bits longer.",
        &[PREFIX],
        Shape::List(&STRING),
        subnets,
    )
    .variadic(takes("newbits", NUMBER)),
];

/// A range of addresses: the first address as a number, and the bits of prefix and address.
#[derive(Clone, Copy)]
struct Range {
    first: u128,
    prefix: u32,
    bits: u32,
}

impl Range {
    /// The range that `text` stands for, host bits cleared.
    fn parse(text: &str) -> Result<Range, String> {
        let invalid = || format!("invalid CIDR address: {text}");
        let (address, prefix) = text.split_once('/').ok_or_else(invalid)?;
        let address = parse_address(address).ok_or_else(invalid)?;
        let plausible = prefix.len() <= 3 && prefix.chars().all(|it| it.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|_| plausible).ok_or_else(invalid)?;
        let range = IpNet::new(address, prefix).map_err(|_| invalid())?.trunc();
        let prefix = u32::from(range.prefix_len());
        Ok(match range.network() {
            IpAddr::V4(first) => Range { first: u32::from(first).into(), prefix, bits: 32 },
            IpAddr::V6(first) => Range { first: first.into(), prefix, bits: 128 },
        })
    }

    /// How many addresses there are, less one.
    fn last_host(self) -> u128 {
        mask(self.bits - self.prefix)
    }

    fn contains(self, address: u128) -> bool {
        address >= self.first && address - self.first <= self.last_host()
    }

    fn address(self, number: u128) -> IpAddr {
        to_address(number, self.bits)
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address(self.first), self.prefix)
    }
}

/// The number whose lowest `bits` bits are set.
fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shr(128 - bits).unwrap_or(0)
}

fn to_address(number: u128, bits: u32) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if bits == 32 => Ipv4Addr::from(number).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

/// Reads an address; as OpenTofu does, takes leading zeros in IPv4 addresses for what they are.
fn parse_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') || !text.contains('.') {
        return IpAddr::from_str(text).ok();
    }
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_string(),
        rest => rest.to_string(),
    };
    IpAddr::from_str(&text.split('.').map(plain).collect::<Vec<_>>().join(".")).ok()
}

fn range(call: &Call<'_>) -> Result<Range, Fault> {
    Range::parse(call.text(0))
        .map_err(|message| format!("invalid CIDR expression: {message}").into())
}

fn whole(call: &Call<'_>, index: usize) -> Result<BigInt, Fault> {
    let number = call.value(index).as_number().filter(|number| number.is_whole());
    let number = number.ok_or("value must be a whole number")?;
    Ok(number.decimal().with_scale(0).into_bigint_and_exponent().0)
}

fn host(call: &Call<'_>) -> Outcome {
    let number = whole(call, 1)?;
    let range = range(call)?;
    let last = BigInt::from(range.last_host());
    let place = if number.is_negative() { &last + BigInt::one() + &number } else { number.clone() };
    let place = place.to_u128().filter(|place| *place <= range.last_host());
    let Some(place) = place else {
        let prefix = range.prefix;
        let message = format!("prefix of {prefix} does not accommodate a host numbered {number}");
        return Err(message.into());
    };
    text(range.address(range.first + place).to_string())
}

fn netmask(call: &Call<'_>) -> Outcome {
    let range = range(call)?;
    if range.bits != 32 {
        return Err(format!("IPv6 addresses cannot have a netmask: {}", call.text(0)).into());
    }
    text(range.address(mask(32) & !range.last_host()).to_string())
}

fn subnet(call: &Call<'_>) -> Outcome {
    let more = call.integer(1)?;
    let number = whole(call, 2)?;
    let range = range(call)?;
    let Ok(more) = u32::try_from(more) else {
        return Err(Fault::at(1, "must not be negative"));
    };
    let prefix = range.prefix.saturating_add(more);
    if prefix > range.bits {
        let old = range.prefix;
        let message = format!("insufficient address space to extend prefix of {old} by {more}");
        return Err(message.into());
    }
    let limit = BigUint::one() << more;
    let Some(place) = number.to_biguint().filter(|number| *number < limit) else {
        let message =
            format!("prefix extension of {more} does not accommodate a subnet numbered {number}");
        return Err(message.into());
    };
    let offset = (place << (range.bits - prefix)).to_u128().unwrap_or_default();
    text(Range { first: range.first | offset, prefix, ..range }.to_string())
}

fn subnets(call: &Call<'_>) -> Outcome {
    let whole = Range::parse(call.text(0))
        .map_err(|message| Fault::at(0, format!("invalid CIDR expression: {message}")))?;
    let mut found: Vec<Range> = Vec::new();
    for index in 1..call.arguments.len() {
        let prefix = longer_prefix(call, index, whole)?;
        let next = match found.last() {
            None => Some(Range { prefix, ..whole }),
            Some(before) => after(*before, prefix).filter(|next| whole.contains(next.first)),
        };
        let Some(next) = next else {
            let before = found.last().copied().unwrap_or(whole);
            let message = format!(
                "not enough remaining address space for a subnet with a prefix of {prefix} bits \
                 after {before}"
            );
            return Err(Fault::at(index, message));
        };
        found.push(next);
    }
    texts(found.iter().map(Range::to_string))
}

fn longer_prefix(call: &Call<'_>, index: usize, whole: Range) -> Result<u32, Fault> {
    let more = call.integer(index)?;
    if more < 1 {
        return Err(Fault::at(index, "must extend prefix by at least one bit"));
    }
    let prefix = more.saturating_add(i64::from(whole.prefix));
    match u32::try_from(prefix) {
        Ok(prefix) if prefix <= whole.bits => Ok(prefix),
        _ => {
            let protocol = if whole.bits == 32 { "an IPv4" } else { "an IPv6" };
            let message = format!(
                "would extend prefix to {prefix} bits, which is too long for {protocol} address"
            );
            Err(Fault::at(index, message))
        }
    }
}

/// The first range with a prefix of that length behind another; none at the end of all addresses.
fn after(before: Range, prefix: u32) -> Option<Range> {
    let host_bits = mask(before.bits - prefix);
    let last = before.first + before.last_host();
    let first = (last | host_bits).checked_add(1)?;
    if first > mask(before.bits) { None } else { Some(Range { first, prefix, ..before }) }
}

fn contains(call: &Call<'_>) -> Outcome {
    let (outer, inner) = (call.text(0), call.text(1));
    let range = Range::parse(outer)?;
    let (first, last, bits) = match parse_address(inner) {
        Some(IpAddr::V4(address)) => (u32::from(address).into(), u32::from(address).into(), 32),
        Some(IpAddr::V6(address)) => (address.into(), address.into(), 128),
        None => {
            let inner = Range::parse(inner)
                .map_err(|_| format!("invalid IP address or prefix: {inner}"))?;
            (inner.first, inner.first + inner.last_host(), inner.bits)
        }
    };
    if bits != range.bits {
        return Err(format!("address family mismatch: {outer} vs. {inner}").into());
    }
    truth(range.contains(first) && range.contains(last))
}
