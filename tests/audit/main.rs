//! Tests that the auditor finds mixed photos with their owners and rows, and reports no mixing of a
//! service without a fault. The auditor audits small HTTP servers of these tests, which know
//! nothing of watermarks; tests of exit codes and printed text run the program itself.

mod action;
mod check;
mod clean;
mod command_line;
mod cut;
mod demo;
mod documents;
mod failures;
mod mixed;
mod mock_service;
mod prepared;
mod reasons;
mod reports;
mod services;
mod slips;
mod sources;
mod spec;
mod stand_in;
mod tls;
