//! The auditor against services over real sockets: what is mixed is found, with its owner and its
//! rows, and nobody else is accused, whatever targets do. Small servers of these tests' own, that
//! know nothing of marks, answer as they are told; the program itself is asked where its exit code
//! and its words are what matters.

#[path = "audit/bad.rs"]
mod bad;
#[path = "audit/clean.rs"]
mod clean;
#[path = "audit/demo.rs"]
mod demo;
#[path = "audit/mixed.rs"]
mod mixed;
#[path = "audit/program.rs"]
mod program;
#[path = "audit/reports.rs"]
mod reports;
#[path = "audit/scene.rs"]
mod scene;
#[path = "audit/target.rs"]
mod target;
