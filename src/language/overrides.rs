//! Override files: their blocks change what the blocks of the same name in other files say.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::config::{Attribute, Block, Body, ExpressionKind};

/// Whether a file is merged into others.
pub(super) fn is_override(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    stem == "override" || stem.ends_with("_override")
}

/// The files of a module with its override files, in their order, merged into them.
pub(super) fn merged(files: Vec<Body>, overrides: Vec<Body>) -> (Vec<Body>, Diagnostics) {
    let mut merger = Merger { files, diagnostics: Diagnostics::new() };
    for file in overrides {
        for block in file.blocks {
            merger.block(block);
        }
        if let Some(last) = merger.files.last_mut() {
            // What does not belong there is told as it is of any file.
            last.attributes.extend(file.attributes);
        }
    }
    (merger.files, merger.diagnostics)
}

struct Merger {
    files: Vec<Body>,
    diagnostics: Diagnostics,
}

impl Merger {
    fn block(&mut self, block: Block) {
        match block.kind.as_str() {
            "terraform" => self.settings(block),
            "locals" => self.locals(block),
            "language" | "moved" | "import" | "removed" | "check" => {
                let detail = format!("Override files cannot have `{}` blocks.", block.kind);
                let problem = Diagnostic::error("Invalid override", detail).at(&block.span);
                self.diagnostics.push(problem);
            }
            _ => self.named(block),
        }
    }

    /// All blocks of the files.
    fn blocks(&mut self) -> impl Iterator<Item = &mut Block> {
        self.files.iter_mut().flat_map(|file| &mut file.blocks)
    }

    fn missing(&mut self, what: &str, place: &crate::diagnostic::Span) {
        let detail = format!("There is no {what} that this could override.");
        let hint = "Write it in a file that is not an override file.";
        self.diagnostics
            .push(Diagnostic::error("Nothing to override", detail).hint(hint).at(place));
    }

    fn named(&mut self, block: Block) {
        let given = block.body.attributes.get("depends_on");
        let empty = |it: &&Attribute| matches!(&it.value.kind, ExpressionKind::Tuple(all) if all.is_empty());
        if let Some(given) = given.filter(|it| !empty(it)) {
            let problem =
                Diagnostic::error("Invalid override", "`depends_on` cannot be overridden.");
            self.diagnostics.push(problem.at(&given.name_span));
        }
        for inner in &block.body.blocks {
            refuse_conditions(inner, &mut self.diagnostics);
        }
        let labels: Vec<String> = block.labels.iter().map(|it| it.0.clone()).collect();
        let alias = alias(&block.body);
        let same = |it: &&mut Block| {
            it.kind == block.kind
                && it.labels.iter().map(|it| &it.0).eq(&labels)
                && (it.kind != "provider" || self::alias(&it.body) == alias)
        };
        let base = self.blocks().find(same);
        match base {
            Some(base) => merge(&mut base.body, block.body),
            // Without a block, there is a default configuration that says nothing.
            None if block.kind == "provider" && alias.is_none() => self.add(block),
            None => {
                let name = labels.join(".");
                self.missing(&format!("{} `{name}`", block.kind), &block.span);
            }
        }
    }

    fn locals(&mut self, block: Block) {
        for (name, attribute) in block.body.attributes {
            let span = attribute.name_span.clone();
            let mut locals = self.blocks().filter(|it| it.kind == "locals");
            match locals.find_map(|it| it.body.attributes.get_mut(&name)) {
                Some(base) => *base = attribute,
                None => {
                    drop(locals);
                    self.missing(&format!("local value `{name}`"), &span);
                }
            }
        }
    }

    /// What an override says of the language, a backend or a provider counts instead.
    fn settings(&mut self, mut block: Block) {
        let backs = |it: &Block| it.kind == "backend" || it.kind == "cloud";
        let backend = block.body.blocks.iter().any(backs);
        for base in self.blocks().filter(|it| it.kind == "terraform") {
            for name in block.body.attributes.keys() {
                base.body.attributes.shift_remove(name);
            }
            // Two in one file are one too many, and told as they are of any file.
            let elsewhere = |it: &Block| it.span.source != block.span.source;
            base.body.blocks.retain(|it| !(backend && backs(it) && elsewhere(it)));
        }
        // The first of a kind changes what there is; more of them are told as they are of any file.
        for kind in ["required_providers", "encryption"] {
            let Some(at) = block.body.blocks.iter().position(|it| it.kind == kind) else {
                continue;
            };
            let terraform = self.blocks().filter(|it| it.kind == "terraform");
            let mut inside = terraform.flat_map(|it| &mut it.body.blocks);
            if let Some(base) = inside.find(|it| it.kind == kind) {
                merge_deep(&mut base.body, block.body.blocks.remove(at).body);
            }
        }
        self.add(block);
    }

    fn add(&mut self, block: Block) {
        match self.files.last_mut() {
            Some(last) => last.blocks.push(block),
            None => {
                let span = block.body.span.clone();
                let attributes = indexmap::IndexMap::new();
                self.files.push(Body { attributes, blocks: vec![block], span });
            }
        }
    }
}

/// Arguments replace those of their name, and blocks are merged into those of their name.
fn merge_deep(base: &mut Body, change: Body) {
    base.attributes.extend(change.attributes);
    let names = |it: &Block| it.labels.iter().map(|it| it.0.clone()).collect::<Vec<_>>();
    for block in change.blocks {
        let same = |it: &&mut Block| it.kind == block.kind && names(it) == names(&block);
        match base.blocks.iter_mut().find(same) {
            Some(there) => merge_deep(&mut there.body, block.body),
            None => base.blocks.push(block),
        }
    }
}

fn alias(body: &Body) -> Option<String> {
    let given: &Attribute = body.attributes.get("alias")?;
    match &given.value.kind {
        ExpressionKind::Literal(value) => value.as_str().map(str::to_string),
        _ => None,
    }
}

fn refuse_conditions(block: &Block, diagnostics: &mut Diagnostics) {
    if ["validation", "precondition", "postcondition"].contains(&block.kind.as_str()) {
        let detail = format!("Override files cannot override `{}` blocks.", block.kind);
        diagnostics.push(Diagnostic::error("Invalid override", detail).at(&block.span));
    }
    if block.kind == "lifecycle" {
        block.body.blocks.iter().for_each(|it| refuse_conditions(it, diagnostics));
    }
}

/// The type of a block, also of one that `dynamic` makes.
fn kind(block: &Block) -> &str {
    match (block.kind.as_str(), block.labels.first()) {
        ("dynamic", Some((label, _))) => label,
        (kind, _) => kind,
    }
}

/// Arguments replace those of their name, and blocks all those of their type; only `lifecycle` is
/// merged in turn.
fn merge(base: &mut Body, change: Body) {
    for (name, attribute) in change.attributes {
        // One way to repeat takes the place of the other.
        match name.as_str() {
            "count" => base.attributes.shift_remove("for_each"),
            "for_each" => base.attributes.shift_remove("count"),
            _ => None,
        };
        base.attributes.insert(name, attribute);
    }
    let (lifecycle, others): (Vec<Block>, Vec<Block>) =
        change.blocks.into_iter().partition(|it| it.kind == "lifecycle");
    base.blocks.retain(|it| !others.iter().any(|other| kind(other) == kind(it)));
    base.blocks.extend(others);
    for block in lifecycle {
        match base.blocks.iter_mut().find(|it| it.kind == "lifecycle") {
            Some(there) => merge(&mut there.body, block.body),
            None => base.blocks.push(block),
        }
    }
}
