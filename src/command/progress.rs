//! Shows what an apply is doing.

use std::sync::Arc;

use crate::apply::Reporter;
use crate::ui::Ui;
use crate::ui::progress::Progress;

/// Live lines on a terminal, plain lines elsewhere, JSON lines with `-json`.
pub(super) fn reporter(ui: &Ui) -> Arc<dyn Reporter> {
    Arc::new(Progress::new(ui))
}
