//! Checks that each report states its result, names each owner, and loads nothing: pages and JUnit
//! are made from results made by hand, read as text, and opened in a browser.

mod browser;
mod command;
mod junit;
mod repro_page;
mod sample;
