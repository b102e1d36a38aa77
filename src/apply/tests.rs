use std::time::Duration;

use tokio::time::Instant;

use super::bench::{Item, Stage, item};
use super::*;
use crate::provider::ErrorKind;

fn stack() -> Vec<Item> {
    vec![
        item("fake_found.a", "a"),
        item("fake_repeated.b", "slow-b").after("fake_found.a").size(3),
        item("fake_found.c", "c").after("fake_repeated.b"),
        item("fake_found.d[0]", "lost-d").after("fake_found.a").size(1),
        item("fake_repeated.e", "lost-e"),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_is_planned_is_made_in_order() {
    let stage = Stage::new();
    let items = vec![
        item("fake_found.c", "c").after("fake_found.b"),
        item("fake_found.b", "b").after("fake_found.a").size(2),
        item("fake_found.a", "slow-a"),
    ];
    let applied = stage.apply(&items).await.unwrap();
    assert!(applied.complete, "{:?}", applied.diagnostics);
    assert_eq!(applied.done[&Doing::Create], 3);
    let calls = stage.fake.with(|world| world.calls.clone());
    let wanted = ["fake:Create slow-a", "fake:Create b", "fake:Update b#2", "fake:Create c"];
    assert_eq!(calls, wanted);
    let object = applied.state.object(&"fake_found.b".parse().unwrap(), None).unwrap();
    assert_eq!(object.attributes["upstream"], "slow-a#1");
    assert_eq!(object.attributes["version"], serde_json::json!(2));
    assert_eq!(object.dependencies[0].to_string(), "fake_found.a");
    assert_eq!(applied.state.outputs["fake_found.c"].value, "c#3");
    stage.check_nothing_lost();
    assert!(stage.apply(&items).await.is_none(), "a second run has nothing to do");
}

#[tokio::test(start_paused = true)]
async fn waiting_holds_no_slot_and_is_batched() {
    let mut stage = Stage::new();
    stage.parallelism = 2;
    let addresses = (0..20).map(|at| format!("fake_found.x[{at}]").leak() as &str);
    let items: Vec<_> = addresses.map(|address| item(address, "slow-x")).collect();
    let started = Instant::now();
    let applied = stage.apply(&items).await.unwrap();
    assert!(applied.complete);
    // Twenty calls of a second, two at a time, and a minute for the last ones.
    assert!(started.elapsed() < Duration::from_secs(80), "{:?}", started.elapsed());
    stage.fake.with(|world| {
        assert_eq!(world.most_in_flight, 2);
        assert!(world.reads.len() < 80, "{:?}", world.reads);
        assert!(world.reads.iter().any(|count| *count >= 10), "{:?}", world.reads);
    });
}

#[tokio::test(start_paused = true)]
async fn dependants_start_when_an_object_is_usable() {
    let stage = Stage::new();
    let items =
        vec![item("fake_found.a", "usable-a"), item("fake_found.b", "b").after("fake_found.a")];
    let applied = stage.apply(&items).await.unwrap();
    assert!(applied.complete, "{:?}", applied.diagnostics);
    let (a, b) = stage.fake.with(|world| {
        let made = |id: &str| world.things[id].made;
        (made("usable-a#1"), made("b#2"))
    });
    assert!(b - a < Duration::from_secs(5));
    let events = stage.events.lock().unwrap();
    let finished: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Finished { place, elapsed, .. } => Some((place.to_string(), elapsed.as_secs())),
            _ => None,
        })
        .collect();
    assert_eq!(finished[0].0, "fake_found.b");
    assert!(finished[1].0 == "fake_found.a" && finished[1].1 >= 60);
}

#[tokio::test(start_paused = true)]
async fn the_longest_path_goes_first() {
    let mut stage = Stage::new();
    stage.parallelism = 1;
    let short = (0..5).map(|at| item(format!("fake_found.x[{at}]").leak(), "x"));
    let long = [
        item("fake_found.d", "d").after("fake_found.c"),
        item("fake_found.c", "c").after("fake_found.b"),
        item("fake_found.b", "b").after("fake_found.a"),
        item("fake_found.a", "a"),
    ];
    let items: Vec<_> = short.chain(long).collect();
    assert!(stage.apply(&items).await.unwrap().complete);
    let calls = stage.fake.with(|world| world.calls.clone());
    let at = |name: &str| calls.iter().position(|call| call.ends_with(name)).unwrap();
    // A slot that is free is used at once; of those that wait for one, the most urgent gets it.
    assert!(at(" a") <= 1 && at(" b") <= at(" a") + 2 && at(" c") <= at(" b") + 2, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_what_depends_on_it_and_nothing_else() {
    let stage = Stage::new();
    let items = vec![
        item("fake_found.a", "refused-a"),
        item("fake_found.b", "b").after("fake_found.a"),
        item("fake_found.c", "c").after("fake_found.b"),
        item("fake_found.d", "bad-d"),
        item("fake_found.e", "slow-e"),
    ];
    let applied = stage.apply(&items).await.unwrap();
    assert!(!applied.complete);
    let errors: Vec<_> = applied.diagnostics.0.iter().map(|it| it.detail.as_str()).collect();
    assert_eq!(errors, ["no such thing", "it broke\nthe fuse blew"]);
    assert_eq!(stage.names(), ["bad-d", "slow-e"]);
    let skipped = |event: &Event| matches!(event, Event::Skipped { because, .. } if because == "fake_found.a");
    assert_eq!(stage.events.lock().unwrap().iter().filter(|it| skipped(it)).count(), 2);
    stage.check_nothing_lost();
    let state = stage.state();
    assert!(state.object(&"fake_found.d".parse().unwrap(), None).unwrap().tainted);
    assert!(!state.outputs.contains_key("fake_found.c"));
    assert!(state.outputs["fake_found.e"].value.as_str().unwrap().starts_with("slow-e#"));
}

#[tokio::test(start_paused = true)]
async fn replacements_keep_their_order() {
    for create_first in [false, true] {
        let stage = Stage::new();
        let items = |kind| {
            let a = item("fake_found.a", "a").kind(kind);
            let a = if create_first { a.create_first() } else { a };
            vec![a, item("fake_found.b", "b").after("fake_found.a")]
        };
        stage.apply(&items("one")).await.unwrap();
        stage.fake.with(|world| world.calls.clear());
        let applied = stage.apply(&items("two")).await.unwrap();
        assert!(applied.complete, "{:?}", applied.diagnostics);
        let calls = stage.fake.with(|world| world.calls.clone());
        let wanted = match create_first {
            true => ["fake:Create a", "fake:Update b#2", "fake:Delete a#1"],
            false => ["fake:Delete a#1", "fake:Create a", "fake:Update b#2"],
        };
        assert_eq!(calls, wanted);
        stage.check_nothing_lost();
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_destroyed_after_its_replacement_stays_known() {
    let stage = Stage::new();
    let items = |kind| vec![item("fake_found.a", "stuck-a").kind(kind).create_first()];
    stage.apply(&items("one")).await.unwrap();
    let applied = stage.apply(&items("two")).await.unwrap();
    assert!(!applied.complete);
    stage.check_nothing_lost();
    let instance = &stage.state().resources[&"fake_found.a".parse().unwrap()];
    assert_eq!(instance.deposed.values().next().unwrap().id(), Some("stuck-a#1"));
    assert_eq!(instance.current.as_ref().unwrap().id(), Some("stuck-a#2"));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_does_not_fit_the_plan_is_refused_before_any_call() {
    let mut stage = Stage::new();
    stage.broken = Some("other");
    let applied = stage.apply(&[item("fake_found.a", "a")]).await.unwrap();
    let error = &applied.diagnostics.0[0];
    assert!(error.detail.contains("`name` of fake_found.a"), "{error:?}");
    assert!(stage.fake.with(|world| world.calls.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_object() {
    let stage = Stage::new();
    let applied = stage.apply(&stack()).await.unwrap();
    assert!(!applied.complete);
    assert!(applied.diagnostics.0.iter().any(|it| it.hint.contains("next run finds out")));
    let applied = stage.restarted().apply(&stack()).await;
    assert!(applied.is_none_or(|it| it.complete));
    assert_eq!(stage.names(), ["a", "c", "lost-d", "lost-e", "slow-b"]);
    stage.check_nothing_lost();
}

#[tokio::test(start_paused = true)]
async fn stopping_abandons_waits_and_the_next_run_goes_on() {
    let stage = Stage::new();
    let items =
        vec![item("fake_found.a", "slow-a"), item("fake_found.b", "b").after("fake_found.a")];
    let stop = stage.stop.clone();
    let started = Instant::now();
    let (applied, ()) = tokio::join!(stage.apply(&items), async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        stop.request();
    });
    let applied = applied.unwrap();
    assert!(!applied.complete && !applied.diagnostics.has_errors());
    assert!(started.elapsed() < Duration::from_secs(11));
    stage.check_nothing_lost();
    let next = stage.restarted();
    assert!(next.apply(&items).await.unwrap().complete);
    assert_eq!(stage.names(), ["b", "slow-a"]);
    stage.check_nothing_lost();
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_does_nothing() {
    let stage = Stage::new();
    stage.stop.request();
    let applied = stage.apply(&stack()).await.unwrap();
    assert!(!applied.complete);
    assert!(stage.names().is_empty());
}

/// Runs commands until one has nothing to do, and checks what there is then.
async fn converge(stage: &Stage, items: &[Item], what: &str) {
    for _ in 0..4 {
        match stage.restarted().apply(items).await {
            None => break,
            Some(applied) => assert!(
                !applied.diagnostics.has_errors()
                    || applied.diagnostics.0.iter().all(|it| it.hint.contains("next run")),
                "{what}: {:?}",
                applied.diagnostics
            ),
        }
    }
    assert!(stage.restarted().apply(items).await.is_none(), "{what}: it does not settle");
    let mut wanted: Vec<_> = items.iter().map(|it| it.name.to_string()).collect();
    wanted.sort();
    assert_eq!(stage.names(), wanted, "{what}");
    stage.check_nothing_lost();
    stage.check_complete();
    assert!(stage.disk.journal().is_empty(), "{what}");
}

/// The changes that the crash tests make after the first apply.
fn changed() -> Vec<Item> {
    vec![
        item("fake_found.a", "a").kind("other").create_first(),
        item("fake_repeated.b", "slow-b").after("fake_found.a").size(4),
        item("fake_found.d[0]", "lost-d").after("fake_found.a").kind("other"),
        item("fake_found.n", "n"),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_write_is_made_good() {
    for (name, first, second) in
        [("create", vec![], stack()), ("change", stack(), changed()), ("destroy", stack(), vec![])]
    {
        let mut at = 0;
        loop {
            let stage = Stage::new();
            converge(&stage, &first, name).await;
            stage.disk.crash_after(at, at % 50);
            stage.apply(&second).await;
            let died = stage.disk.has_crashed();
            converge(&stage, &second, &format!("{name}, crash at write {at}")).await;
            if !died {
                break;
            }
            at += 1;
        }
        assert!(at > 10, "{name}: {at}");
    }
}

/// Runs a command that is killed at a call: nothing of the process goes on after that.
fn killed(stage: &Stage, items: &[Item], at: usize, after_effect: bool) -> bool {
    stage.fake.with(|world| {
        world.mutations = 0;
        world.kill_at = Some((at, after_effect));
    });
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.unwrap();
    let killed = runtime.block_on(async {
        tokio::select! {
            _ = stage.apply(items) => false,
            () = async {
                while !stage.fake.with(|world| world.killed) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            } => true,
        }
    });
    drop(runtime);
    killed
}

#[test]
fn a_kill_at_any_call_is_made_good() {
    let block_on = |stage: &Stage, items: &[Item], what: &str| {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(converge(stage, items, what));
    };
    for (name, first, second) in
        [("create", vec![], stack()), ("change", stack(), changed()), ("destroy", stack(), vec![])]
    {
        for after_effect in [false, true] {
            let mut at = 1;
            loop {
                let stage = Stage::new();
                block_on(&stage, &first, name);
                let died = killed(&stage.restarted(), &second, at, after_effect);
                block_on(&stage, &second, &format!("{name}, kill at call {at}, {after_effect}"));
                if !died {
                    break;
                }
                at += 1;
            }
            assert!(at > 4, "{name}: {at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_is_made_after_a_failed_journal_write() {
    let stage = Stage::new();
    // The run and the beginning of the step are noted, the call is not.
    stage.disk.crash_after(2, 0);
    let applied = stage.apply(&[item("fake_found.a", "a")]).await.unwrap();
    assert!(!applied.complete);
    assert!(stage.names().is_empty());
    assert!(stage.fake.with(|world| world.calls.is_empty()));
    let error = &applied.diagnostics.0[0];
    assert!(error.detail.contains("terraform.tfstate.journal"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn looking_leaves_what_only_a_call_can_find_out() {
    let stage = Stage::new();
    let items = [item("fake_repeated.e", "lost-e"), item("fake_found.d", "lost-d")];
    assert!(!stage.apply(&items).await.unwrap().complete);
    let calls = stage.fake.with(|world| world.calls.len());
    let notes = stage.restarted().recover(Purpose::Look).await;
    assert!(notes.iter().any(|it| it.contains("the next apply finds out")), "{notes:?}");
    assert!(notes.iter().any(|it| it.contains("lost-d#")), "{notes:?}");
    assert_eq!(stage.fake.with(|world| world.calls.len()), calls, "nothing was changed");
    // What is left can be given up by the user.
    let store = Store::on(Box::new(stage.disk.clone())).unwrap();
    store.begin_run().unwrap();
    store.append(Record::Removed(Place::current(&"fake_repeated.e".parse().unwrap()))).unwrap();
    assert!(store.folded().unresolved.is_empty());
}

#[tokio::test(start_paused = true)]
async fn work_starts_when_it_has_a_slot() {
    let mut stage = Stage::new();
    stage.parallelism = 1;
    let items = [item("fake_found.a", "a"), item("fake_found.b", "b")];
    assert!(stage.apply(&items).await.unwrap().complete);
    let events = stage.events.lock().unwrap();
    let elapsed = events.iter().filter_map(|event| match event {
        Event::Finished { elapsed, .. } => Some(elapsed.as_secs()),
        _ => None,
    });
    assert_eq!(elapsed.collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_other_tools_noted_survives_an_update() {
    let stage = Stage::new();
    let small = [item("fake_found.a", "a")];
    stage.apply(&small).await.unwrap();
    let store = Store::on(Box::new(stage.disk.clone())).unwrap();
    let mut state = store.state();
    let address: InstanceAddress = "fake_found.a".parse().unwrap();
    let object = state.resources_mut().get_mut(&address).unwrap().current.as_mut().unwrap();
    object.private = Some("bm90ZQ==".into());
    store.push(state, true).unwrap();
    let applied = stage.apply(&[item("fake_found.a", "a").size(9)]).await.unwrap();
    assert_eq!(applied.done[&Doing::Update], 1);
    let object = applied.state.object(&address, None).unwrap();
    assert_eq!(object.private, Some("bm90ZQ==".into()));
    assert_eq!(object.attributes["size"], serde_json::json!(9));
}

/// How many steps have an unknown outcome.
fn unresolved(stage: &Stage) -> usize {
    Store::on(Box::new(stage.disk.clone())).unwrap().folded().unresolved.len()
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_repeated_call_does_not_prove_that_nothing_was_made() {
    let stage = Stage::new();
    let items = [item("fake_repeated.e", "lost-e")];
    assert!(!stage.apply(&items).await.unwrap().complete);
    stage.fake.with(|world| world.refuse = Some(ErrorKind::Refused));
    let refused = stage.restarted().apply(&items).await.unwrap();
    let error = &refused.diagnostics.0[0];
    assert!(error.detail.contains("not now") && error.hint.contains("state rm"), "{error:?}");
    assert_eq!((unresolved(&stage), stage.names()), (1, vec!["lost-e".to_string()]));
    stage.fake.with(|world| world.refuse = None);
    converge(&stage, &items, "permitted again").await;

    let stage = Stage::new();
    assert!(!stage.apply(&items).await.unwrap().complete);
    stage.fake.with(|world| {
        world.things.clear();
        world.refuse = Some(ErrorKind::NotFound);
    });
    stage.restarted().recover(Purpose::Change).await;
    assert_eq!(unresolved(&stage), 0, "nothing is in what does not exist");
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_the_tries_of_a_call_and_their_pauses() {
    // in a pause, and while a call that will be refused is on its way
    for seconds in [10.0, 1.5] {
        let stage = Stage::new();
        let items = [item("fake_found.a", "lagging-a"), item("fake_found.k", "key")];
        let stop = stage.stop.clone();
        let started = Instant::now();
        let (applied, ()) = tokio::join!(stage.apply(&items[..1]), async {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            stop.request();
        });
        assert!(started.elapsed().as_secs_f64() < seconds + 1.0, "{:?}", started.elapsed());
        let applied = applied.unwrap();
        assert!(!applied.complete && !applied.diagnostics.has_errors());
        assert_eq!(unresolved(&stage), 1);
        converge(&stage, &items, "stopped").await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_only_waits_to_try_again_holds_no_slot() {
    // whichever comes first
    for turned in [false, true] {
        let mut stage = Stage::new();
        stage.parallelism = 2;
        let laggards = (0..4).map(|at| item(format!("fake_found.x[{at}]").leak(), "lagging-x"));
        let mut items: Vec<_> = laggards.chain([item("fake_found.k", "key")]).collect();
        if turned {
            items.reverse();
        }
        let started = Instant::now();
        let applied = stage.apply(&items).await.unwrap();
        assert!(applied.complete, "{:?}", applied.diagnostics);
        assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
        assert_eq!(stage.fake.with(|world| world.most_in_flight), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_had_failed_before_can_be_destroyed() {
    let stage = Stage::new();
    let items = [item("fake_found.a", "bad-a"), item("fake_found.c", "clinging-c")];
    stage.apply(&items).await.unwrap();
    let started = Instant::now();
    let applied = stage.restarted().apply(&items[1..]).await;
    assert_eq!(stage.names(), ["clinging-c"]);
    assert!(applied.unwrap().complete);
    assert!(started.elapsed() >= Duration::from_secs(30));
    // what fails to go is told, and stays known
    let applied = stage.restarted().apply(&[]).await.unwrap();
    assert!(applied.diagnostics.0[0].detail.contains("it clings"), "{:?}", applied.diagnostics);
    assert!(started.elapsed() < Duration::from_secs(60));
    stage.check_nothing_lost();
}

#[tokio::test(start_paused = true)]
async fn an_update_that_failed_and_cannot_be_read_is_read_by_the_next_run() {
    let stage = Stage::new();
    assert!(stage.apply(&[item("fake_found.a", "a")]).await.unwrap().complete);
    let items = [item("fake_found.a", "a").size(5)];
    stage.fake.with(|world| (world.refuse_updates, world.blind) = (true, true));
    let applied = stage.restarted().apply(&items).await.unwrap();
    assert!(applied.diagnostics.0[0].detail.contains("not all of it"));
    assert_eq!(unresolved(&stage), 1);
    stage.fake.with(|world| (world.refuse_updates, world.blind) = (false, false));
    stage.restarted().recover(Purpose::Change).await;
    let object = stage.state().object(&"fake_found.a".parse().unwrap(), None).cloned().unwrap();
    assert_eq!(object.attributes["size"], 5);
    assert!(stage.restarted().apply(&items).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_opened_is_renewed_while_it_is_needed_and_then_closed() {
    let stage = Stage::new();
    let items = vec![
        item("ephemeral.fake_open.key", "key"),
        item("fake_found.a", "slow-a").after("ephemeral.fake_open.key"),
        item("fake_found.b", "b").after("fake_found.a"),
    ];
    let applied = stage.apply(&items).await.unwrap();
    assert!(applied.complete, "{:?}", applied.diagnostics);
    let calls = stage.fake.with(|world| world.calls.clone());
    let wanted = ["open", "fake:Create slow-a", "renew 1", "renew 2", "renew 3"];
    assert_eq!(calls[..5], wanted);
    assert!(calls[5..].contains(&"close 4".to_string()), "{calls:?}");
    assert_eq!(calls.len(), 7, "{calls:?}");
    let object = applied.state.object(&"fake_found.a".parse().unwrap(), None).unwrap();
    assert_eq!(object.attributes["upstream"], "key#0");
    assert_eq!(applied.state.objects().count(), 2);
    assert_eq!((applied.done[&Doing::Open], applied.done[&Doing::Close]), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_opened_is_closed_when_what_needs_it_fails() {
    let stage = Stage::new();
    let items = vec![
        item("ephemeral.fake_open.key", "key"),
        item("fake_found.a", "refused-a").after("ephemeral.fake_open.key"),
    ];
    let applied = stage.apply(&items).await.unwrap();
    assert!(!applied.complete);
    let calls = stage.fake.with(|world| world.calls.clone());
    assert_eq!(calls, ["open", "fake:Create refused-a", "close 1"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_closed_is_told() {
    let stage = Stage::new();
    stage.fake.with(|world| world.refuse_updates = true);
    let applied = stage.apply(&[item("ephemeral.fake_open.key", "key")]).await.unwrap();
    let told: Vec<_> = applied.diagnostics.0.iter().map(|it| it.detail.clone()).collect();
    assert_eq!(told, ["it is jammed"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_write_only_is_sent_and_kept_nowhere() {
    let stage = Stage::new();
    let sealed = item("fake_found.a", "a").kind("sealed");
    let applied = stage.apply(std::slice::from_ref(&sealed)).await.unwrap();
    assert!(applied.complete, "{:?}", applied.diagnostics);
    let object = applied.state.object(&"fake_found.a".parse().unwrap(), None).unwrap();
    assert!(object.attributes["secret"].is_null());
    assert!(
        stage.apply(std::slice::from_ref(&sealed)).await.is_none(),
        "a second run has nothing to do"
    );
    assert!(stage.apply(&[sealed.size(2)]).await.unwrap().complete);
    let calls = stage.fake.with(|world| world.calls.clone());
    let wanted = ["fake:Create a", "secret sesame", "fake:Update a#1", "secret sesame"];
    assert_eq!(calls, wanted);
}
