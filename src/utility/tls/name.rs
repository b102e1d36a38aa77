//! Distinguished names.

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::SetOfVec;
use x509_cert::der::asn1::{Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc3280::EMAIL_ADDRESS;
use x509_cert::der::{Any, Encode as _, Tag, Tagged as _};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::provider::Result;
use crate::schema;
use crate::utility::digests::hexadecimal;

schema! {
    /// Whom a certificate is for.
    pub struct Subject {
        /// The common name.
        #[force_new] common_name: Option<String>,
        /// The country.
        #[force_new] country: Option<String>,
        /// The address for mail.
        #[force_new] email_address: Option<String>,
        /// The place.
        #[force_new] locality: Option<String>,
        /// The organization.
        #[force_new] organization: Option<String>,
        /// The part of the organization.
        #[force_new] organizational_unit: Option<String>,
        /// The postal code.
        #[force_new] postal_code: Option<String>,
        /// The state or province.
        #[force_new] province: Option<String>,
        /// The serial number.
        #[force_new] serial_number: Option<String>,
        /// The lines of the address.
        #[force_new] street_address: Option<Vec<String>>,
    }
}

/// The object identifier and the short name, in the order in which names are written.
const ATTRIBUTES: [(ObjectIdentifier, &str); 9] = [
    (ObjectIdentifier::new_unwrap("2.5.4.6"), "C"),
    (ObjectIdentifier::new_unwrap("2.5.4.10"), "O"),
    (ObjectIdentifier::new_unwrap("2.5.4.11"), "OU"),
    (ObjectIdentifier::new_unwrap("2.5.4.7"), "L"),
    (ObjectIdentifier::new_unwrap("2.5.4.8"), "ST"),
    (ObjectIdentifier::new_unwrap("2.5.4.9"), "STREET"),
    (ObjectIdentifier::new_unwrap("2.5.4.17"), "POSTALCODE"),
    (ObjectIdentifier::new_unwrap("2.5.4.3"), "CN"),
    (ObjectIdentifier::new_unwrap("2.5.4.5"), "SERIALNUMBER"),
];

impl Subject {
    /// The values of each attribute, in order.
    fn values(&self) -> [Vec<&str>; 9] {
        fn of(text: &Option<String>) -> Vec<&str> {
            text.as_deref().into_iter().collect()
        }
        fn filled(text: &Option<String>) -> Vec<&str> {
            text.as_deref().filter(|it| !it.is_empty()).into_iter().collect()
        }
        [
            of(&self.country),
            of(&self.organization),
            of(&self.organizational_unit),
            of(&self.locality),
            of(&self.province),
            self.street_address.iter().flatten().map(String::as_str).collect(),
            of(&self.postal_code),
            filled(&self.common_name),
            filled(&self.serial_number),
        ]
    }

    /// As X.509 has it.
    pub(super) fn name(&self) -> Result<Name> {
        let mut parts = Vec::new();
        for ((oid, _), values) in ATTRIBUTES.iter().zip(self.values()) {
            let values = values.into_iter().map(|it| attribute(*oid, text(it)?));
            let values = values.collect::<Result<Vec<_>>>()?;
            if !values.is_empty() {
                parts.push(RelativeDistinguishedName(SetOfVec::try_from(values)?));
            }
        }
        if let Some(email) = &self.email_address {
            let email = attribute(EMAIL_ADDRESS, Any::encode_from(&Ia5StringRef::new(email)?)?)?;
            parts.push(RelativeDistinguishedName(SetOfVec::try_from(vec![email])?));
        }
        Ok(RdnSequence(parts))
    }
}

fn attribute(oid: ObjectIdentifier, value: Any) -> Result<AttributeTypeAndValue> {
    Ok(AttributeTypeAndValue { oid, value })
}

fn text(text: &str) -> Result<Any> {
    Ok(match PrintableStringRef::new(text) {
        Ok(printable) => Any::encode_from(&printable)?,
        Err(_) => Any::encode_from(&Utf8StringRef::new(text)?)?,
    })
}

/// A name as RFC 2253 writes it; the attributes that are not everywhere known come last.
pub(super) fn display(name: &Name) -> Result<String> {
    let mut known: [Vec<String>; 9] = Default::default();
    let mut others = Vec::new();
    for attribute in name.0.iter().flat_map(|part| part.0.iter()) {
        let value = shown(&attribute.value);
        let mut places = ATTRIBUTES.iter().zip(&mut known);
        match places.find(|((oid, _), _)| *oid == attribute.oid) {
            Some(((_, short), values)) => values.push(format!("{short}={}", escaped(&value))),
            None => {
                let value = hexadecimal(&text(&value)?.to_der()?);
                others.push(format!("{}=#{value}", attribute.oid));
            }
        }
    }
    let known = known.into_iter().rev().filter(|it| !it.is_empty()).map(|it| it.join("+"));
    Ok(known.chain(others.into_iter().rev()).collect::<Vec<_>>().join(","))
}

/// The text of a value.
fn shown(value: &Any) -> String {
    match value.tag() {
        Tag::BmpString => {
            let pairs = value.value().chunks_exact(2);
            let units = pairs.filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
            String::from_utf16_lossy(&units.collect::<Vec<_>>())
        }
        _ => String::from_utf8_lossy(value.value()).into_owned(),
    }
}

fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::new();
    for (at, c) in text.chars().enumerate() {
        let special = ",+\"\\<>;".contains(c)
            || (at == 0 && (c == ' ' || c == '#'))
            || (at == last && c == ' ');
        if special {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
