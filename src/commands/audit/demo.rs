//! stub
use super::super::Exit;
#[derive(clap::Args)]
pub(super) struct Demo {}
impl Demo { pub(super) fn run(self) -> Exit { Exit::Held } }
