//! What counts as the same, and that it does not depend on how it is written.

use proptest::prelude::*;

use super::*;

fn equal(one: &str, other: &str) -> bool {
    same(&one.into(), &other.into())
}

#[test]
fn defaults_and_order_do_not_matter() {
    let written = r#"[{"name":"web","image":"nginx","essential":true,
        "environment":[{"name":"B","value":"2"},{"name":"A","value":"1"},null,{}],
        "healthCheck":{"command":["CMD","true"]},"user":null,
        "portMappings":[{"containerPort":80}]}]"#;
    let answered = r#"[{"cpu":0,"environment":[{"value":"1","name":"A"},{"name":"B","value":"2"}],
        "essential":true,"image":"nginx","mountPoints":[],"name":"web",
        "healthCheck":{"command":["CMD","true"],"interval":30,"retries":3,"timeout":5},
        "portMappings":[{"containerPort":80,"hostPort":0,"protocol":"tcp"}],
        "systemControls":[],"volumesFrom":[]}]"#;
    assert!(equal(written, answered));
    assert!(!equal(written, &answered.replace("nginx", "nginx:2")));
    assert!(!equal(written, &answered.replace("\"A\"", "\"C\"")));
    assert!(!equal(written, &answered.replace(":30", ":31")));
}

#[test]
fn the_order_of_words_and_of_labels_names_matters() {
    let command = |words: &str| format!(r#"[{{"name":"a","image":"b","command":{words}}}]"#);
    assert!(!equal(&command(r#"["a","b"]"#), &command(r#"["b","a"]"#)));
    let label =
        |name: &str| format!(r#"[{{"name":"a","image":"b","dockerLabels":{{"{name}":"x"}}}}]"#);
    assert!(!equal(&label("Team"), &label("team")), "the user's keys are kept as they are");
}

#[test]
fn the_hosts_port_is_the_containers_only_where_the_network_is_the_tasks_own() {
    let open = r#"[{"name":"a","image":"b","portMappings":[{"containerPort":80}]}]"#;
    let fixed = r#"[{"name":"a","image":"b","portMappings":[{"containerPort":80,"hostPort":80}]}]"#;
    assert!(!equal(open, fixed), "on a bridge the one is any port and the other port 80");
    assert!(same_with(&open.into(), &fixed.into(), true));
}

#[test]
fn numbers_may_be_texts_and_keys_may_be_capital() {
    let one =
        r#"[{"Name":"a","Image":"b","Memory":"128","PortMappings":[{"ContainerPort":"80"}]}]"#;
    let other =
        r#"[{"name":"a","image":"b","memory":128.0,"portMappings":[{"containerPort":80}]}]"#;
    assert!(equal(one, other));
    let sent = super::sent(one).unwrap();
    let expected = json!([{
        "image": "b", "memory": 128, "name": "a", "portMappings": [{"containerPort": 80}],
    }]);
    assert_eq!(sent.to_string(), expected.to_string());
}

#[test]
fn what_cannot_run_is_refused() {
    let number = r#"[{"name":"a","image":"x","environment":[{"name":"N","value":1}]}]"#;
    for (text, part) in [
        ("{}", "list"),
        ("[]", "at least one"),
        (r#"[{"image":"x"}]"#, "no `name`"),
        (r#"[{"name":"a"}]"#, "no `image`"),
        (r#"[{"name":"a","image":"x"},{"name":"a","image":"y"}]"#, "two containers"),
        (number, "`N` of container `a` must be a string"),
    ] {
        assert!(check(&text.into()).unwrap_err().contains(part), "{text}");
    }
}

/// Pairs of a name and a value, each name once.
fn pairs(value: &'static str) -> impl Strategy<Value = Vec<Json>> {
    proptest::collection::btree_map("[A-Z]{1,3}", "[a-z]{0,3}", 0..4).prop_map(move |pairs| {
        pairs.into_iter().map(|(name, it)| json!({"name": name, value: it})).collect()
    })
}

fn ports() -> impl Strategy<Value = Vec<Json>> {
    let host = proptest::option::of(0..3_i64);
    proptest::collection::btree_map(1..4_i64, (host, any::<bool>()), 0..3).prop_map(|ports| {
        let port = |(port, (host, tcp)): (i64, (Option<i64>, bool))| {
            let mut mapping = json!({"containerPort": port, "hostPort": host});
            if tcp {
                mapping["protocol"] = json!("tcp");
            }
            mapping
        };
        ports.into_iter().map(port).collect()
    })
}

fn container() -> impl Strategy<Value = Json> {
    let checked = proptest::option::of(proptest::option::of(29..31_i64));
    let parts = (pairs("value"), pairs("valueFrom"), ports(), checked, any::<Option<bool>>());
    parts.prop_map(|(environment, secrets, ports, checked, essential)| {
        let check = checked.map(|it| json!({"command": ["b", "a"], "interval": it}));
        json!({
            "image": "x", "environment": environment, "secrets": secrets,
            "portMappings": ports, "healthCheck": check, "essential": essential,
        })
    })
}

fn definitions() -> impl Strategy<Value = Json> {
    proptest::collection::btree_map("[a-c]", container(), 1..3).prop_map(|all| {
        let named = |(name, mut it): (String, Json)| {
            it["name"] = json!(name);
            it
        };
        all.into_iter().map(named).collect()
    })
}

/// The same with keys and the entries of unordered lists the other way round.
fn turned(name: &str, value: Json) -> Json {
    match value {
        Json::Object(fields) => {
            let turned = fields.into_iter().rev().map(|(name, it)| {
                let it = turned(&name, it);
                (name, it)
            });
            Json::Object(turned.collect())
        }
        Json::Array(items) if name == "command" => Json::Array(items),
        Json::Array(items) => items.into_iter().rev().map(|it| turned("", it)).collect(),
        other => other,
    }
}

proptest! {
    #[test]
    fn a_normal_document_is_its_own_normal_form(all in definitions(), own in any::<bool>()) {
        let once = Json::Array(normal(&all.to_string(), own).unwrap());
        let twice = Json::Array(normal(&once.to_string(), own).unwrap());
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn order_does_not_matter(all in definitions()) {
        let other = turned("", all.clone()).to_string();
        prop_assert!(equal(&all.to_string(), &other));
    }

    #[test]
    fn what_is_sent_means_what_is_written(all in definitions()) {
        let text = all.to_string();
        let sent = sent(&text).unwrap().to_string();
        prop_assert!(equal(&text, &sent));
    }
}

#[test]
fn only_what_means_something_else_is_told() {
    let answered = r#"[{"cpu":0,"environment":[{"value":"1","name":"A"},{"name":"B","value":"2"}],
        "essential":true,"image":"nginx","mountPoints":[],"name":"web","volumesFrom":[],
        "portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}]}]"#;
    let written = r#"[{"name":"log","image":"fluent"},{"name":"web","image":"nginx:2",
        "environment":[{"name":"B","value":"2"},{"name":"C","value":"3"},{"name":"A","value":"1"}],
        "portMappings":[{"containerPort":80}]}]"#;
    let network = |mode: &str| Value::object([("network_mode", Value::string(mode))]);
    let told = |mode: &str| told(&answered.into(), &written.into(), &network(mode)).unwrap();
    let (old, new) = told("awsvpc");
    let (was, now) = (old.get("web"), new.get("web"));
    assert_eq!(was.get("image"), "nginx".into());
    assert_eq!(now.get("image"), "nginx:2".into());
    assert_eq!(was.get("portMappings"), now.get("portMappings"));
    assert_eq!(now.get("environment").get("C"), "3".into());
    assert_eq!(was.get("environment").get("A"), now.get("environment").get("A"));
    assert_eq!(was.fields().unwrap().len(), 3, "{was:?}");
    assert_eq!(new.get("log").get("image"), "fluent".into());
    let (old, new) = told("bridge");
    assert_ne!(old.get("web").get("portMappings"), new.get("web").get("portMappings"));
}
