use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::sandbox::call::Protocol;
use crate::sandbox::call::tests::request;
use crate::sandbox::fake::scripted;
use crate::sandbox::fault::answer;
use crate::sandbox::trace::error_code;

fn fair() -> SharedHttpConnector {
    scripted(|_, _| Ok(answer(200, "text/xml", String::new())))
}

fn under(text: &str) -> SharedHttpConnector {
    Weather::parse(text).unwrap().over(fair())
}

/// `ok`, an error code, or `lost`.
async fn outcome(connector: &SharedHttpConnector, service: &str, operation: &str) -> String {
    let protocol = match service {
        "ecs" => Protocol::Json,
        "ec2" => Protocol::Ec2,
        _ => Protocol::Query,
    };
    match connector.call(request(service, operation, protocol)).await {
        Ok(answer) if answer.status().is_success() => "ok".to_owned(),
        Ok(answer) => error_code(&answer).unwrap(),
        Err(error) => {
            assert!(error.is_io());
            "lost".to_owned()
        }
    }
}

async fn outcomes(text: &str, calls: usize) -> Vec<String> {
    let connector = under(text);
    let mut seen = Vec::new();
    for _ in 0..calls {
        seen.push(outcome(&connector, "ecs", "CreateService").await);
    }
    seen
}

#[test]
fn a_forecast_is_read_from_text() {
    let text = "seed=7, latency=20ms..1.5s,buckets=on,error=elb:*:Throttling@#3,\
                error=ecs:CreateService:ServerException@0.1,lost=0.02,stale=0.05";
    let forecast: Forecast = text.parse().unwrap();
    let injection = |service: &str, operation: &str, code: &str, strike| Injection {
        service: service.into(),
        operation: operation.into(),
        code: code.into(),
        strike,
    };
    let expected = Forecast {
        seed: 7,
        latency: Some((Duration::from_millis(20), Duration::from_millis(1500))),
        buckets: true,
        errors: vec![
            injection("elasticloadbalancing", "*", "Throttling", Strike::Nth(3)),
            injection("ecs", "CreateService", "ServerException", Strike::Chance(0.1)),
        ],
        lost: 0.02,
        stale: 0.05,
    };
    assert_eq!(forecast, expected);
}

#[test]
fn a_wrong_forecast_is_refused_with_what_was_expected() {
    let messages = [
        ("sunny", "`sunny` is not of the form name=value"),
        ("rain=1", "unknown setting `rain`; known are seed, latency, buckets, error, lost, stale"),
        ("lost=2", "`2` is no probability from 0 to 1 for `lost`"),
        ("latency=5", "`5` is no duration such as 20ms, 1.5s or 20ms..80ms for `latency`"),
        (
            "latency=9s..1s",
            "`9s..1s` is no duration such as 20ms, 1.5s or 20ms..80ms for `latency`",
        ),
        ("buckets=maybe", "`maybe` is no on or off for `buckets`"),
        ("seed=x", "`x` is no whole number for `seed`"),
        (
            "error=ecs:X@1",
            "`ecs:X@1` is no service:operation:code@when, with a probability or #n as when \
             for `error`",
        ),
    ];
    for (text, message) in messages {
        assert_eq!(Weather::parse(text).unwrap_err().to_string(), message);
    }
}

#[tokio::test(start_paused = true)]
async fn latency_passes_on_the_clock_of_the_runtime() {
    let connector = under("latency=100ms..200ms");
    let clock = Instant::now();
    outcome(&connector, "ec2", "CreateVpc").await;
    let passed = clock.elapsed();
    assert!(passed >= Duration::from_millis(100) && passed <= Duration::from_millis(201));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace() {
    let text = "seed=11,lost=0.3,error=ecs:*:ServerException@0.3";
    let first = outcomes(text, 60).await;
    assert_eq!(first, outcomes(text, 60).await);
    assert_ne!(first, outcomes(&text.replace("11", "12"), 60).await);
    for kind in ["ok", "lost", "ServerException"] {
        assert!(first.iter().any(|outcome| outcome == kind), "{kind} never happened: {first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_can_strike_the_nth_call_alone() {
    let seen = outcomes("error=ecs:CreateService:ClientException@#2", 3).await;
    assert_eq!(seen, ["ok", "ClientException", "ok"]);
}

#[tokio::test(start_paused = true)]
async fn an_injected_error_has_no_effect_and_a_lost_answer_has() {
    for (text, effects) in [("error=*:*:InternalError@1", 0), ("lost=1", 1)] {
        let reached = Arc::new(AtomicUsize::new(0));
        let counter = reached.clone();
        let inner = scripted(move |_, _| {
            counter.fetch_add(1, Ordering::SeqCst);
            Ok(answer(200, "text/xml", String::new()))
        });
        let connector = Weather::parse(text).unwrap().over(inner);
        assert_ne!(outcome(&connector, "ec2", "CreateVpc").await, "ok");
        assert_eq!(reached.load(Ordering::SeqCst), effects, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn buckets_empty_and_fill_again() {
    let connector = under("buckets=on");
    for _ in 0..20 {
        assert_eq!(outcome(&connector, "ecs", "CreateCluster").await, "ok");
    }
    assert_eq!(outcome(&connector, "ecs", "DeleteCluster").await, "ThrottlingException");
    assert_eq!(outcome(&connector, "ecs", "CreateService").await, "ok");
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(outcome(&connector, "ecs", "CreateCluster").await, "ok");
    assert_eq!(outcome(&connector, "ecs", "CreateCluster").await, "ok");
    assert_eq!(outcome(&connector, "ecs", "CreateCluster").await, "ThrottlingException");
}

#[tokio::test(start_paused = true)]
async fn each_service_has_its_own_throttling_error() {
    let expected = [
        ("ec2", "CreateNatGateway", "RequestLimitExceeded"),
        ("iam", "GetRole", "Throttling"),
        ("elasticloadbalancing", "DescribeRules", "Throttling"),
        ("ecs", "RegisterTaskDefinition", "ThrottlingException"),
    ];
    for (service, operation, code) in expected {
        let connector = under("buckets=on");
        let mut seen = String::from("ok");
        for _ in 0..101 {
            seen = outcome(&connector, service, operation).await;
        }
        assert_eq!(seen, code);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_after_a_change_are_stale_for_a_while() {
    let stale_reads = Arc::new(AtomicUsize::new(0));
    let counter = stale_reads.clone();
    let inner = fair();
    let watched = SharedHttpConnector::new(Watch { inner, counter });
    let connector = Weather::parse("stale=1").unwrap().over(watched);
    outcome(&connector, "ec2", "DescribeSubnets").await;
    assert_eq!(stale_reads.load(Ordering::SeqCst), 0);
    outcome(&connector, "ec2", "CreateVpc").await;
    for _ in 0..10 {
        outcome(&connector, "ec2", "DescribeVpcs").await;
        outcome(&connector, "iam", "GetRole").await;
    }
    let seen = stale_reads.load(Ordering::SeqCst);
    assert!((1..=LONGEST_STALENESS as usize).contains(&seen), "{seen}");
}

#[derive(Debug)]
struct Watch {
    inner: SharedHttpConnector,
    counter: Arc<AtomicUsize>,
}

impl HttpConnector for Watch {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.headers().get(STALE).is_some() {
            self.counter.fetch_add(1, Ordering::SeqCst);
        }
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_repeats_its_answer_of_before_the_change() {
    let inner = scripted(|_, count| Ok(answer(200, "text/xml", format!("answer {count}"))));
    let connector = Weather::parse("stale=1").unwrap().over(inner);
    let mut bodies = Vec::new();
    for operation in ["DescribeVpcs", "CreateVpc", "DescribeVpcs"] {
        let answer = connector.call(request("ec2", operation, Protocol::Ec2)).await.unwrap();
        bodies.push(String::from_utf8(answer.body().bytes().unwrap().to_vec()).unwrap());
    }
    assert_eq!(bodies, ["answer 0", "answer 1", "answer 0"]);
}
