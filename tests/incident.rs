//! Goal: a day in virtual time is the same day every time, mixes by the pipelines' own code and by
//! nothing else, and is counted right. Method: small days at other scales, recounted from their
//! logs by code that knows the log's form only.

#[path = "incident/account.rs"]
mod account;
#[path = "incident/command.rs"]
mod command;
#[path = "incident/days.rs"]
mod days;
#[path = "incident/limits.rs"]
mod limits;
#[path = "incident/mixing.rs"]
mod mixing;
#[path = "incident/page.rs"]
mod page;
#[path = "incident/recount.rs"]
mod recount;
#[path = "incident/remedies.rs"]
mod remedies;
#[path = "incident/scripts.rs"]
mod scripts;
