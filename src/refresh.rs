//! Brings a state to how its objects are now: one batched read per resource type and provider
//! configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};

use crate::address::{InstanceAddress, Mode};
use crate::apply::{Event, Reporter};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Connections, ProviderKey, Providers, reconcile, stored_value};
use crate::provider::{Connection, Look, Observed, ProviderError};
use crate::schema::Schema;
use crate::state::{Place, State, attributes};
use crate::value::Value;

/// One object of state to look at.
struct Known {
    address: InstanceAddress,
    deposed: Option<String>,
    value: Value,
    schema: &'static Schema,
}

impl Known {
    fn place(&self) -> Place {
        Place { address: self.address.clone(), deposed: self.deposed.clone() }
    }

    fn looking(&self) -> Event {
        Event::Looking { place: self.place(), id: id_of(&self.value) }
    }

    fn looked(&self, found: Option<&Observed>) -> Event {
        Event::Looked { place: self.place(), id: found.and_then(|it| id_of(&it.value)) }
    }
}

fn id_of(value: &Value) -> Option<String> {
    value.get("id").as_str().map(str::to_string)
}

type Groups = BTreeMap<(ProviderKey, String), Vec<Known>>;

/// The state with every managed object as it is now; objects that are gone are left out. `wanted`
/// says which instances to look at. Objects whose provider is not connected stay as they are.
pub async fn refresh(
    state: &State,
    providers: &Providers,
    connections: &Connections,
    parallelism: usize,
    reporter: &dyn Reporter,
    wanted: &(dyn Fn(&InstanceAddress) -> bool + Sync),
) -> (State, Diagnostics) {
    let (groups, mut diagnostics) = groups(state, providers, wanted);
    let mut refreshed = state.clone();
    let looks = looks(&groups, connections);
    let reads = groups.into_iter().filter_map(|((provider, kind), known)| {
        let look = looks.get(&provider)?;
        Some(async move {
            known.iter().for_each(|it| reporter.event(it.looking()));
            let values = known.iter().map(|it| it.value.unmark_deep().0).collect();
            let found = look.read(&kind, values).await;
            (kind, known, found)
        })
    });
    let mut reads = stream::iter(reads).buffer_unordered(parallelism.max(1));
    while let Some((kind, known, found)) = reads.next().await {
        match found {
            Ok(found) => {
                let looked = known.iter().zip(&found).map(|(it, found)| it.looked(found.as_ref()));
                looked.for_each(|it| reporter.event(it));
                note(&mut refreshed, known, found);
            }
            Err(error) => diagnostics.push(unread(&kind, &known, &error)),
        }
    }
    (refreshed, diagnostics)
}

/// One look for each connected provider, at everything that it has.
fn looks<'a>(
    groups: &Groups,
    connections: &'a Connections,
) -> BTreeMap<ProviderKey, Box<dyn Look + 'a>> {
    let look = |(provider, connection): (&ProviderKey, &'a Arc<dyn Connection>)| {
        let own = groups.iter().filter(|((it, _), _)| it == provider);
        let counts: Vec<_> = own.map(|((_, kind), known)| (kind.as_str(), known.len())).collect();
        (provider.clone(), connection.look(&counts))
    };
    connections.iter().map(look).collect()
}

fn groups(
    state: &State,
    providers: &Providers,
    wanted: &(dyn Fn(&InstanceAddress) -> bool + Sync),
) -> (Groups, Diagnostics) {
    let mut groups = Groups::new();
    let mut diagnostics = Diagnostics::new();
    for (address, deposed, _) in state.objects() {
        let resource = &address.resource.resource;
        if resource.mode != Mode::Managed || !wanted(address) {
            continue;
        }
        match stored_value(state, providers, address, deposed) {
            Ok(Some((value, schema, provider))) => {
                let deposed = deposed.map(str::to_string);
                let known = Known { address: address.clone(), deposed, value, schema };
                groups.entry((provider, resource.kind.clone())).or_default().push(known);
            }
            Ok(None) => {}
            Err(problem) => diagnostics.push(problem),
        }
    }
    (groups, diagnostics)
}

fn note(state: &mut State, known: Vec<Known>, found: Vec<Option<Observed>>) {
    for (known, found) in known.into_iter().zip(found) {
        let Known { address, deposed, value, schema } = known;
        let deposed = deposed.as_deref();
        let Some(found) = found else {
            state.remove(&address, deposed);
            continue;
        };
        let now = reconcile(schema, &value, &found.value);
        let Some(instance) = state.resources_mut().get_mut(&address) else { continue };
        let object = match deposed {
            Some(key) => instance.deposed.get_mut(key),
            None => instance.current.as_mut(),
        };
        if let Some(object) = object
            && now != value.unmark_deep().0
        {
            (object.attributes, _) = attributes::encode(schema, &now);
        }
    }
}

fn unread(kind: &str, known: &[Known], error: &ProviderError) -> Diagnostic {
    let operation = match &error.operation[..] {
        "" => String::new(),
        operation => format!("{operation}: "),
    };
    let first = known.first().map(|it| it.address.to_string()).unwrap_or_default();
    let detail = match known.len() {
        1 => format!("{first} could not be read. {operation}{}", error.message),
        count => format!(
            "{count} objects of type {kind} ({first} …) could not be read. {operation}{}",
            error.message
        ),
    };
    Diagnostic::error("State could not be refreshed", detail).hint(&error.hint)
}
