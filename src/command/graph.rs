//! `terrace graph`

use petgraph::dot::{Config, Dot};
use petgraph::graph::DiGraph;

use crate::command::Exit;
use crate::command::arguments::{GraphArguments, GraphType};
use crate::command::stack::configuration_with;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::{Dependencies, Node, Plan, Work, file};
use crate::ui::Ui;

/// Runs the command: an arrow goes from what depends to what it depends on.
pub(super) fn run(ui: &Ui, arguments: &GraphArguments) -> Result<Exit, Diagnostics> {
    let kind = arguments.kind.unwrap_or(match arguments.plan {
        Some(_) => GraphType::Apply,
        None => GraphType::Plan,
    });
    let graph = match (kind, &arguments.plan) {
        (GraphType::Apply, Some(path)) => {
            let bytes = std::fs::read(path).map_err(|error| {
                let detail = format!("{} cannot be read: {error}.", path.display());
                Diagnostic::error("Saved plan cannot be read", detail)
            })?;
            let plan = file::read(&bytes, path).map_err(|error| {
                Diagnostic::error("Saved plan cannot be used", format!("{error}."))
            })?;
            of_plan(&plan.0)
        }
        (GraphType::Apply, None) => {
            let error = Diagnostic::error("No saved plan", "`-type=apply` shows what a plan does.");
            return Err(error.hint("Name the plan: -plan=FILE.").into());
        }
        (kind, _) => {
            let configuration = configuration_with(ui, &arguments.variables)?;
            let mut graph = of_configuration(&Dependencies::find(&configuration)?);
            if kind == GraphType::PlanDestroy {
                graph.reverse();
            }
            graph
        }
    };
    let dot = Dot::with_config(&graph, &[Config::EdgeNoLabel]);
    ui.data(&format!("{dot}"));
    Ok(Exit::Success)
}

/// The resources of a configuration.
fn of_configuration(dependencies: &Dependencies) -> DiGraph<String, &'static str> {
    let mut graph = DiGraph::new();
    let mut nodes = std::collections::BTreeMap::new();
    for at in 0..dependencies.dag.len() {
        if let Some(node @ Node::Resource(..)) = dependencies.dag.node(at) {
            nodes.insert(node.to_string(), graph.add_node(node.to_string()));
        }
    }
    for at in 0..dependencies.dag.len() {
        let Some(node @ Node::Resource(module, name)) = dependencies.dag.node(at) else { continue };
        for on in dependencies.of(module, name) {
            if let (Some(from), Some(to)) =
                (nodes.get(&node.to_string()), nodes.get(&on.to_string()))
            {
                graph.add_edge(*from, *to, "");
            }
        }
    }
    graph
}

/// The steps of a plan.
fn of_plan(plan: &Plan) -> DiGraph<String, &'static str> {
    let mut graph = DiGraph::new();
    let address =
        |index: usize| plan.changes.get(index).map(|it| it.address.to_string()).unwrap_or_default();
    let label = |work: &Work| match work {
        Work::Make(index) => format!("make {}", address(*index)),
        Work::Destroy(index) => format!("destroy {}", address(*index)),
        Work::Close(index) => format!("close {}", address(*index)),
        Work::Join => "join".to_string(),
    };
    let nodes: Vec<_> = plan.schedule.work.iter().map(|work| graph.add_node(label(work))).collect();
    for (at, before) in plan.schedule.after.iter().enumerate() {
        for on in before {
            if let (Some(from), Some(to)) = (nodes.get(at), nodes.get(*on)) {
                graph.add_edge(*from, *to, "");
            }
        }
    }
    graph
}
