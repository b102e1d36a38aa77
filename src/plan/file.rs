//! Saved plans: one file with the plan, the state it was made against, and the configuration.
//!
//! The file is a zip archive of `plan.json`, `tfstate` (as stored), `tfstate-refreshed`, and
//! `configuration.json` (every source file with its path).

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _, Write as _};
use std::path::{Path as FilePath, PathBuf};

use serde_json::{Value as Json, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::address::{ConfigAddress, InstanceAddress, Target};
use crate::diagnostic::{Diagnostics, Source};
use crate::language::config::Module;
use crate::language::installed::Installed;
use crate::language::load::{Disk, Files, Memory, load_with};
use crate::plan::stored::{from_json, to_json};
use crate::plan::{Change, CheckResult, Drift, OutputChange, Plan, Read, Schedule};
use crate::state::{State, World, file as state_file};
use crate::value::{Path, Step, Value};

const FORMAT: u64 = 2;

/// Why a saved plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It is not a saved plan, or is damaged.
    #[error("{0} is not a saved plan, or is damaged: {1}")]
    Damaged(PathBuf, String),
    /// Another version of terrace made it.
    #[error("{0} was saved by another version of terrace ({1})")]
    Version(PathBuf, String),
    /// It has errors, so it cannot be applied.
    #[error("a plan with errors cannot be saved")]
    Unsound,
}

/// The bytes of the file of a plan. `root` is the folder of the root module as it was loaded.
pub fn save(plan: &Plan, root: &FilePath) -> Result<Vec<u8>, PlanFileError> {
    if plan.diagnostics.has_errors() {
        return Err(PlanFileError::Unsound);
    }
    let sources: Vec<Json> =
        plan.configuration.sources.iter().map(|it| source_to_json(it)).collect();
    let parts = [
        ("plan.json", json!(plan_to_json(plan, root)).to_string().into_bytes()),
        ("tfstate", state_file::print(&plan.stored)),
        ("tfstate-refreshed", state_file::print(&plan.prior)),
        ("configuration.json", json!(sources).to_string().into_bytes()),
    ];
    archive(&parts).map_err(|error| PlanFileError::Damaged(root.into(), error.to_string()))
}

fn archive(parts: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn source_to_json(source: &Source) -> Json {
    json!({ "path": source.path, "text": source.text })
}

fn plan_to_json(plan: &Plan, root: &FilePath) -> Json {
    let outputs = plan.outputs.iter().map(|(name, it)| {
        let output = json!({
            "before": to_json(&it.before), "after": to_json(&it.after), "sensitive": it.sensitive,
        });
        (name.clone(), output)
    });
    let drift = plan.drift.iter().map(|it| {
        json!({
            "address": it.address.to_string(),
            "before": to_json(&it.before),
            "after": to_json(&it.after),
            "relevant": it.relevant,
        })
    });
    json!({
        "format": FORMAT,
        "terrace": env!("CARGO_PKG_VERSION"),
        "root": root,
        "data_folder": Disk.data_folder(),
        "links": plan.configuration.links,
        "mode": plan.mode,
        "workspace": plan.workspace,
        "timestamp": plan.timestamp,
        "world": plan.world.to_string(),
        "variables": lasting_variables(plan),
        "changes": plan.changes.iter().map(change_to_json).collect::<Vec<_>>(),
        "schedule": plan.schedule,
        "moves": plan.moves.iter().map(|(from, to)| json!([from.to_string(), to.to_string()])).collect::<Vec<_>>(),
        "drift": drift.collect::<Vec<_>>(),
        "reads": plan.reads.iter().map(|(address, it)| json!([address.to_string(), it])).collect::<Vec<_>>(),
        "outputs": outputs.collect::<BTreeMap<_, _>>(),
        "checks": plan.checks.iter().map(check_to_json).collect::<Vec<_>>(),
        "targets": plan.targets.iter().map(Target::to_string).collect::<Vec<_>>(),
        "excludes": plan.excludes.iter().map(Target::to_string).collect::<Vec<_>>(),
    })
}

/// The input variables without those that are ephemeral, which have to be given again.
fn lasting_variables(plan: &Plan) -> BTreeMap<&String, Json> {
    let ephemeral = |name: &String| plan.ephemeral_variables().any(|(it, _)| it == name);
    let lasting = plan.variables.iter().filter(|(name, _)| !ephemeral(name));
    lasting.map(|(name, it)| (name, to_json(it))).collect()
}

fn change_to_json(change: &Change) -> Json {
    let addresses =
        |all: &[ConfigAddress]| all.iter().map(ConfigAddress::to_string).collect::<Vec<_>>();
    json!({
        "address": change.address.to_string(),
        "previous": change.previous.as_ref().map(InstanceAddress::to_string),
        "importing": change.importing,
        "deposed": change.deposed,
        "provider": change.provider.to_string(),
        "action": change.action,
        "reason": change.reason,
        "before": to_json(&change.before),
        "after": to_json(&change.after),
        "configuration": to_json(&change.configuration),
        "replace_paths": change.replace_paths.iter().map(path_to_json).collect::<Vec<_>>(),
        "dependencies": addresses(&change.dependencies),
        "prior_dependencies": addresses(&change.prior_dependencies),
        "create_before_destroy": change.create_before_destroy,
        "skip_destroy": change.skip_destroy,
    })
}

fn check_to_json(check: &CheckResult) -> Json {
    json!({
        "kind": check.kind,
        "config": check.config,
        "address": check.address,
        "status": check.status,
        "problems": check.problems,
    })
}

fn path_to_json(path: &Path) -> Json {
    let steps = path.steps().iter().map(|step| match step {
        Step::Attribute(name) => json!({ "attribute": name }),
        Step::Key(key) => json!({ "key": key }),
        Step::Index(index) => json!({ "index": index }),
    });
    steps.collect()
}

/// Reads a saved plan; also gives the folder of its root module. `file` is for messages.
pub fn read(bytes: &[u8], file: &FilePath) -> Result<(Plan, PathBuf), PlanFileError> {
    let damaged = |what: &str| PlanFileError::Damaged(file.into(), what.to_string());
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error.to_string()))?;
    let mut part = |name: &str| -> Result<Vec<u8>, PlanFileError> {
        let mut bytes = Vec::new();
        let mut part =
            archive.by_name(name).map_err(|error| damaged(&format!("{name}: {error}")))?;
        part.read_to_end(&mut bytes).map_err(|error| damaged(&format!("{name}: {error}")))?;
        Ok(bytes)
    };
    let plan: Json =
        serde_json::from_slice(&part("plan.json")?).map_err(|e| damaged(&e.to_string()))?;
    let version = plan.get("terrace").and_then(Json::as_str).unwrap_or("unknown");
    if plan.get("format").and_then(Json::as_u64) != Some(FORMAT)
        || version != env!("CARGO_PKG_VERSION")
    {
        return Err(PlanFileError::Version(file.into(), version.to_string()));
    }
    let mut state = |name: &str| -> Result<State, PlanFileError> {
        let parsed = state_file::parse(&part(name)?, FilePath::new(name));
        Ok(parsed.map_err(|error| damaged(&error.to_string()))?.unwrap_or_default())
    };
    let (stored, prior) = (state("tfstate")?, state("tfstate-refreshed")?);
    let sources = serde_json::from_slice(&part("configuration.json")?)
        .map_err(|e| damaged(&e.to_string()))?;
    let root = plan.get("root").and_then(Json::as_str).map(PathBuf::from);
    let root = root.ok_or_else(|| damaged("it does not name its folder"))?;
    let saved = Saved::read(&plan, &sources);
    let saved = saved.ok_or_else(|| damaged("its configuration is incomplete"))?;
    let variables = variables(&plan).ok_or_else(|| damaged("its variables are incomplete"))?;
    let given = |_: &Module| variables.clone();
    let mut installed = Installed::read(&root, &saved);
    let (configuration, diagnostics) = load_with(&root, &saved, &given, &mut installed);
    let configuration = configuration.ok_or_else(|| damaged("its configuration has errors"))?;
    let plan = plan_from_json(&plan, stored, prior, configuration, diagnostics);
    Ok((plan.ok_or_else(|| damaged("plan.json is incomplete"))?, root))
}

/// The files of a saved configuration. A folder of which it has none had no configuration files: it was
/// there when the plan was made.
struct Saved {
    files: Memory,
    links: BTreeMap<PathBuf, PathBuf>,
    data_folder: PathBuf,
}

impl Saved {
    fn read(plan: &Json, sources: &Json) -> Option<Saved> {
        Some(Saved {
            files: memory(sources)?,
            links: serde_json::from_value(plan.get("links")?.clone()).ok()?,
            data_folder: plan.get("data_folder")?.as_str()?.into(),
        })
    }
}

impl Files for Saved {
    fn list(&self, folder: &FilePath) -> io::Result<Vec<String>> {
        Ok(self.files.list(folder).unwrap_or_default())
    }

    fn read(&self, path: &FilePath) -> io::Result<String> {
        self.files.read(path)
    }

    fn real(&self, folder: &FilePath) -> PathBuf {
        self.links.get(folder).cloned().unwrap_or_else(|| folder.to_path_buf())
    }

    fn data_folder(&self) -> PathBuf {
        self.data_folder.clone()
    }
}

fn memory(sources: &Json) -> Option<Memory> {
    let files = sources.as_array()?.iter().map(|it| {
        Some((PathBuf::from(it.get("path")?.as_str()?), it.get("text")?.as_str()?.to_string()))
    });
    files.collect::<Option<BTreeMap<_, _>>>().map(Memory)
}

fn variables(plan: &Json) -> Option<BTreeMap<String, Value>> {
    let all = plan.get("variables")?.as_object()?.iter();
    all.map(|(name, it)| Some((name.clone(), from_json(it)?))).collect()
}

fn plan_from_json(
    json: &Json,
    stored: State,
    prior: State,
    configuration: crate::language::config::Configuration,
    diagnostics: Diagnostics,
) -> Option<Plan> {
    let all = |name: &str| json.get(name)?.as_array();
    let named = |name: &str| json.get(name)?.as_object();
    let schedule: Schedule = serde_json::from_value(json.get("schedule")?.clone()).ok()?;
    let outputs =
        named("outputs")?.iter().map(|(name, it)| Some((name.clone(), output_from_json(it)?)));
    let targets = |name: &str| -> Option<Vec<Target>> {
        all(name)?.iter().map(|it| it.as_str()?.parse().ok()).collect()
    };
    Some(Plan {
        mode: serde_json::from_value(json.get("mode")?.clone()).ok()?,
        configuration,
        variables: variables(json)?,
        workspace: json.get("workspace")?.as_str()?.to_string(),
        stored,
        moves: all("moves")?.iter().map(move_from_json).collect::<Option<_>>()?,
        prior,
        changes: all("changes")?.iter().map(change_from_json).collect::<Option<_>>()?,
        schedule,
        drift: all("drift")?.iter().map(drift_from_json).collect::<Option<_>>()?,
        reads: all("reads")?.iter().map(read_from_json).collect::<Option<_>>()?,
        outputs: outputs.collect::<Option<_>>()?,
        checks: all("checks")?.iter().map(check_from_json).collect::<Option<_>>()?,
        targets: targets("targets")?,
        excludes: targets("excludes")?,
        timestamp: json.get("timestamp")?.as_str()?.to_string(),
        world: World::parse(json.get("world")?.as_str()?)?,
        diagnostics,
    })
}

fn value_at(json: &Json, name: &str) -> Option<Value> {
    from_json(json.get(name)?)
}

fn output_from_json(json: &Json) -> Option<OutputChange> {
    Some(OutputChange {
        before: value_at(json, "before")?,
        after: value_at(json, "after")?,
        sensitive: json.get("sensitive")?.as_bool()?,
    })
}

fn drift_from_json(json: &Json) -> Option<Drift> {
    Some(Drift {
        address: json.get("address")?.as_str()?.parse().ok()?,
        before: value_at(json, "before")?,
        after: value_at(json, "after")?,
        relevant: serde_json::from_value(json.get("relevant")?.clone()).ok()?,
    })
}

fn move_from_json(json: &Json) -> Option<(InstanceAddress, InstanceAddress)> {
    let side = |at: usize| json.get(at)?.as_str()?.parse().ok();
    Some((side(0)?, side(1)?))
}

fn read_from_json(json: &Json) -> Option<Read> {
    Some((config_address(json.get(0)?)?, json.get(1)?.as_str().map(str::to_string)))
}

fn check_from_json(json: &Json) -> Option<CheckResult> {
    let kind = ["resource", "output_value", "var", "check"].into_iter();
    let stored = json.get("kind")?.as_str()?;
    Some(CheckResult {
        kind: kind.into_iter().find(|kind| *kind == stored)?,
        config: json.get("config")?.as_str()?.to_string(),
        address: json.get("address")?.as_str()?.to_string(),
        status: serde_json::from_value(json.get("status")?.clone()).ok()?,
        problems: serde_json::from_value(json.get("problems")?.clone()).ok()?,
    })
}

fn change_from_json(json: &Json) -> Option<Change> {
    let addresses = |name: &str| -> Option<Vec<ConfigAddress>> {
        json.get(name)?.as_array()?.iter().map(config_address).collect()
    };
    let paths = json.get("replace_paths")?.as_array()?.iter().map(path_from_json);
    Some(Change {
        address: json.get("address")?.as_str()?.parse().ok()?,
        previous: match json.get("previous")? {
            Json::String(previous) => Some(previous.parse().ok()?),
            _ => None,
        },
        importing: json.get("importing")?.as_str().map(str::to_string),
        deposed: json.get("deposed")?.as_str().map(str::to_string),
        provider: json.get("provider")?.as_str()?.parse().ok()?,
        action: serde_json::from_value(json.get("action")?.clone()).ok()?,
        reason: serde_json::from_value(json.get("reason")?.clone()).ok()?,
        before: value_at(json, "before")?,
        after: value_at(json, "after")?,
        configuration: value_at(json, "configuration")?,
        replace_paths: paths.collect::<Option<_>>()?,
        dependencies: addresses("dependencies")?,
        prior_dependencies: addresses("prior_dependencies")?,
        create_before_destroy: json.get("create_before_destroy")?.as_bool()?,
        skip_destroy: json.get("skip_destroy")?.as_bool()?,
    })
}

fn config_address(json: &Json) -> Option<ConfigAddress> {
    let address: InstanceAddress = json.as_str()?.parse().ok()?;
    Some(address.resource.config())
}

fn path_from_json(json: &Json) -> Option<Path> {
    let step = |json: &Json| {
        let (kind, it) = json.as_object()?.iter().next()?;
        match &kind[..] {
            "attribute" => Some(Step::Attribute(it.as_str()?.to_string())),
            "key" => Some(Step::Key(it.as_str()?.to_string())),
            _ => Some(Step::Index(usize::try_from(it.as_u64()?).ok()?)),
        }
    };
    json.as_array()?.iter().map(step).collect::<Option<_>>().map(Path)
}
