use super::*;

fn tries(sent: u32, seconds: u64) -> Tries {
    Tries { sent, elapsed: Duration::from_secs(seconds), most: 25 }
}

fn error(code: &str, message: &str, status: u16) -> Failure {
    Failure::Answered { code: code.into(), message: message.into(), status }
}

#[test]
fn every_row_does_what_its_class_says_until_its_budget_is_used_up() {
    for row in ROWS {
        let operation = format!("{}:{}", row.service, row.operations.first().unwrap_or(&"DoIt"));
        let code = row.code.replace('*', "Some");
        let message = format!("An error: {} for arn:aws:iam::1:role/web.", row.message);
        let failure = error(&code, &message, 400);
        let found = super::row(&operation, &code, &message).unwrap();
        assert_eq!((found.code, found.message), (row.code, row.message), "shadowed by {found:?}");
        let first = decide(&operation, tries(1, 0), &failure);
        match row.class {
            Class::RetryUntil | Class::Serialise => {
                let why = row.why.replace("{role}", "web");
                assert_eq!(first, Decision::Again(Duration::from_secs(2), why), "{row:?}");
                let late = decide(&operation, tries(50, row.budget), &failure);
                assert_eq!(late, Decision::Stop, "{row:?}");
            }
            Class::Terminal | Class::Adopt => {
                assert_eq!(first, Decision::Stop, "{row:?}");
                assert_eq!(advice(&operation, &code, &message), row.why);
            }
        }
        assert_eq!(adopts(&operation, &code, &message), row.class == Class::Adopt);
    }
}

#[test]
fn every_row_is_about_operations_that_are_called() {
    let called = crate::aws::testing::called();
    for row in ROWS {
        for operation in row.operations {
            let operation = format!("{}:{operation}", row.service);
            assert!(called.contains(&operation), "nobody calls {operation}");
        }
    }
}

#[test]
fn other_messages_and_operations_are_not_retried() {
    for (operation, code, message) in [
        ("ecs:CreateService", "InvalidParameterException", "The image is not valid"),
        ("ecs:DescribeServices", "ClusterNotFoundException", "Cluster not found."),
        ("iam:CreateRole", "MalformedPolicyDocument", "Syntax errors in policy."),
        ("iam:GetRole", "NoSuchEntity", "The role with name x cannot be found."),
        ("ec2:DeleteVpc", "InvalidVpcID.NotFound", ""),
        ("ec2:DescribeVpcs", "InvalidVpcID.NotFound", ""),
        ("ec2:RevokeSecurityGroupEgress", "InvalidPermission.NotFound", ""),
        ("ec2:CreateSubnet", "InvalidParameterValue", "is not a valid CIDR block"),
    ] {
        assert_eq!(decide(operation, tries(1, 0), &error(code, message, 400)), Decision::Stop);
    }
}

#[test]
fn throttled_calls_are_repeated_whatever_they_are_with_growing_pauses() {
    let pause = |sent| match decide(
        "ec2:CreateVpc",
        tries(sent, 0),
        &error("RequestLimitExceeded", "", 503),
    ) {
        Decision::Again(pause, _) => pause.as_millis(),
        Decision::Stop => 0,
    };
    assert_eq!(
        [1, 2, 3, 4, 5, 6, 7, 20].map(pause),
        [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]
    );
    assert_eq!(pause(26), 0, "max_retries is 25");
    let again = decide("iam:CreateRole", tries(1, 0), &error("Throttling", "Rate exceeded", 400));
    assert!(matches!(again, Decision::Again(..)));
}

#[test]
fn a_quota_is_not_throttling() {
    for operation in ["iam:CreateRole", "logs:CreateLogGroup", "ecr:CreateRepository"] {
        let failure = error("LimitExceededException", "Cannot exceed quota", 400);
        assert_eq!(decide(operation, tries(1, 0), &failure), Decision::Stop, "{operation}");
        assert!(advice(operation, "LimitExceededException", "").contains("quota"));
    }
    let failure = error("VpcLimitExceeded", "", 400);
    assert_eq!(decide("ec2:CreateVpc", tries(1, 0), &failure), Decision::Stop);
}

#[test]
fn server_errors_and_lost_answers_are_repeated_only_where_that_is_harmless() {
    for failure in [error("InternalError", "", 500), Failure::Lost] {
        for (operation, repeats) in [
            ("ec2:DescribeVpcs", true),
            ("ecs:CreateService", true),
            ("ec2:ModifyVpcAttribute", true),
            ("ec2:CreateVpc", false),
            ("ecs:RegisterTaskDefinition", false),
            ("iam:CreateRole", false),
        ] {
            let again = matches!(decide(operation, tries(1, 0), &failure), Decision::Again(..));
            assert_eq!(again, repeats, "{operation} {failure:?}");
        }
    }
}

#[test]
fn what_was_never_reached_is_tried_a_few_times_whatever_it_is() {
    assert!(matches!(
        decide("ec2:CreateVpc", tries(1, 0), &Failure::Unreached),
        Decision::Again(..)
    ));
    assert_eq!(decide("ec2:CreateVpc", tries(3, 0), &Failure::Unreached), Decision::Stop);
    let none = Tries { most: 0, ..tries(1, 0) };
    assert_eq!(decide("ec2:CreateVpc", none, &Failure::Unreached), Decision::Stop);
}

#[test]
fn the_role_is_named_as_far_as_the_message_names_it() {
    assert_eq!(role_in("the role arn:aws:iam::1:role/path/web-task. Verify"), "path/web-task");
    assert_eq!(role_in("no role"), "…");
}
