//! Functions that take ARNs apart and put them together.

use crate::provider::{FunctionCall, FunctionFault, FunctionParameter, ProviderFunction};
use crate::value::{Type, Value};

const PARTS: [&str; 5] = ["partition", "service", "region", "account_id", "resource"];

/// The functions of the provider.
pub(super) static FUNCTIONS: &[ProviderFunction] = &[
    ProviderFunction {
        name: "arn_build",
        summary: "Puts an ARN together",
        description: "Gives the ARN of its parts.",
        parameters: &[
            FunctionParameter::new("partition", "The partition, such as `aws`", Type::String),
            FunctionParameter::new("service", "The namespace of the service", Type::String),
            FunctionParameter::new("region", "The code of the region", Type::String),
            FunctionParameter::new("account_id", "The id of the account", Type::String),
            FunctionParameter::new("resource", "What is named within the service", Type::String),
        ],
        returns: || Type::String,
        body: |call| Ok(build(&[0, 1, 2, 3, 4].map(|at| call.text(at)))),
    },
    ProviderFunction {
        name: "arn_parse",
        summary: "Takes an ARN apart",
        description: "Gives an object of the parts of an ARN.",
        parameters: &[FunctionParameter::new("arn", "The ARN", Type::String)],
        returns: || Type::object(PARTS.map(|name| (name, Type::String))),
        body: |call| {
            let parts = parse(call.text(0))?;
            Ok(Value::object(PARTS.into_iter().zip(parts.map(Value::string))))
        },
    },
    ProviderFunction {
        name: "trim_iam_role_path",
        summary: "Takes the path out of the ARN of an IAM role",
        description: "Gives the ARN of an IAM role without its path, as some services want it.",
        parameters: &[FunctionParameter::new("arn", "The ARN of the role", Type::String)],
        returns: || Type::String,
        body: trim_iam_role_path,
    },
    ProviderFunction {
        name: "user_agent",
        summary: "Writes a product of a User-Agent header",
        description: "Gives a product as the `user_agent` argument of the provider takes it.",
        parameters: &[
            FunctionParameter::new("product_name", "The name of the product", Type::String),
            FunctionParameter::new("product_version", "Its version; may be empty", Type::String),
            FunctionParameter::new("comment", "More about it; may be empty", Type::String),
        ],
        returns: || Type::String,
        body: user_agent,
    },
];

fn build(parts: &[&str; 5]) -> Value {
    Value::string(format!("arn:{}", parts.join(":")))
}

fn parse(arn: &str) -> Result<[&str; 5], FunctionFault> {
    let Some(rest) = arn.strip_prefix("arn:") else {
        return Err("arn: invalid prefix".to_string().into());
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    parts.try_into().map_err(|_| "arn: not enough sections".to_string().into())
}

fn trim_iam_role_path(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let [partition, service, region, account, resource] = parse(call.text(0))?;
    let wrong = |what: &str| Err(FunctionFault::from(what.to_string()));
    if service != "iam" {
        return wrong("service must be \"iam\"");
    }
    if !region.is_empty() {
        return wrong("region must be empty");
    }
    let Some(path) = resource.strip_prefix("role/") else {
        return wrong("resource must begin with \"role/\"");
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    Ok(build(&[partition, service, region, account, &format!("role/{name}")]))
}

fn user_agent(call: &FunctionCall<'_>) -> Result<Value, FunctionFault> {
    let (name, version, comment) = (call.text(0), call.text(1), call.text(2));
    if name.is_empty() {
        return Err("product_name must be set".to_string().into());
    }
    let version = if version.is_empty() { String::new() } else { format!("/{version}") };
    let comment = if comment.is_empty() { String::new() } else { format!(" ({comment})") };
    Ok(Value::string(format!("{name}{version}{comment}")))
}
