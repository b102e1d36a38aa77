use super::Vpc;
use crate::aws::resource::{Proposal, Resource as _};
use crate::schema::FieldType as _;
use crate::value::Value;

fn planned(before: &[(&str, Value)], after: &[(&str, Value)]) -> (Value, Vec<String>) {
    let with = |fields: &[(&str, Value)]| {
        fields.iter().fold(Vpc::blank().encode(), |it, (name, value)| it.with(name, value.clone()))
    };
    let (prior, value) = (with(before), with(after));
    let configuration = Value::object(after.iter().cloned());
    let mut proposal =
        Proposal { prior: Some(&prior), configuration: &configuration, value, replace: Vec::new() };
    Vpc::plan(&mut proposal).unwrap();
    (proposal.value, proposal.replace.iter().map(ToString::to_string).collect())
}

#[test]
fn only_a_dedicated_vpc_changes_its_tenancy_in_place() {
    let tenancy = |it: &str| [("instance_tenancy", Value::string(it))];
    assert!(planned(&tenancy("dedicated"), &tenancy("default")).1.is_empty());
    let replaced = planned(&tenancy("default"), &tenancy("dedicated")).1;
    assert_eq!(replaced, ["instance_tenancy"]);
}

#[test]
fn another_ipv6_range_is_unknown_until_aws_gives_it() {
    let name = "assign_generated_ipv6_cidr_block";
    let generated = |on: bool| [(name, Value::Bool(on))];
    let (value, replaced) = planned(&generated(false), &generated(true));
    assert!(!value.get("ipv6_cidr_block").is_known() && replaced.is_empty());
    let (value, _) = planned(&[], &generated(false));
    assert!(value.get("ipv6_cidr_block").is_known());
}

#[test]
fn ranges_that_aws_would_refuse_are_refused() {
    let wrong = |range: Value| Vpc::validate(&Value::object([("cidr_block", range)])).len();
    assert_eq!(wrong(Value::string("10.0.0.0/16")), 0);
    assert_eq!(wrong(Value::string("10.0.0.0/8")), 1);
    assert_eq!(wrong(Value::NULL), 1);
    assert_eq!(wrong(Value::unknown(crate::value::Type::String)), 0);
}
