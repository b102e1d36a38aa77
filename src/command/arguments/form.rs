//! In which form commands tell what they do, and who gets JSON.

use super::{Command, StateCommand, WorkspaceCommand};

/// In which form a command tells what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text only.
    Text,
    /// Text, or if this is true JSON, line by line.
    Lines(bool),
    /// Text, or if this is true one document of JSON.
    Document(bool),
}

impl Command {
    /// In which form it tells what it does.
    pub fn form(&self) -> Form {
        match self {
            Command::Init(it) => Form::Lines(it.json),
            Command::Get(it) => Form::Lines(it.json),
            Command::Plan(it) => Form::Lines(it.json),
            Command::Apply(it) | Command::Destroy(it) => Form::Lines(it.json),
            Command::Refresh(it) => Form::Lines(it.json),
            Command::Taint(it) | Command::Untaint(it) => Form::Lines(it.json),
            Command::Import(it) => Form::Lines(it.json),
            Command::ForceUnlock(it) => Form::Lines(it.json),
            Command::Test(it) => Form::Lines(it.json),
            Command::Validate(it) => Form::Document(it.json),
            Command::Show(it) => Form::Document(it.json),
            Command::Output(it) => Form::Document(it.json),
            Command::State(it) => it.form(),
            Command::Workspace(it) => it.form(),
            _ => Form::Text,
        }
    }
}

impl StateCommand {
    fn form(&self) -> Form {
        match self {
            StateCommand::List { json, .. }
            | StateCommand::Mv { json, .. }
            | StateCommand::Rm { json, .. }
            | StateCommand::ReplaceProvider { json, .. }
            | StateCommand::Push { json, .. } => Form::Lines(*json),
            StateCommand::Show { json, .. } => Form::Document(*json),
            _ => Form::Text,
        }
    }
}

impl WorkspaceCommand {
    fn form(&self) -> Form {
        match self {
            WorkspaceCommand::List { json, .. }
            | WorkspaceCommand::New { json, .. }
            | WorkspaceCommand::Select { json, .. }
            | WorkspaceCommand::Delete { json, .. } => Form::Lines(*json),
            WorkspaceCommand::Show { .. } => Form::Text,
        }
    }
}
