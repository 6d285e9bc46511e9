//! Goal: show that a simulation is reproducible, that only the pipelines' own code mixes photos,
//! and that the results are counted right. Method: small plans, and logs counted again by code that
//! knows only the form of the log.

mod command;
mod counts;
mod limits;
mod mixing;
mod page;
mod plans;
mod recount;
mod recovery;
mod scenarios;
