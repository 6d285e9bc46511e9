//! Starts the command `double-exposure`.

use std::process::ExitCode;

fn main() -> ExitCode {
    double_exposure::cli::run()
}
