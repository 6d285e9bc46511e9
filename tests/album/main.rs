//! Goal: what the album's file promises holds through reopening, crashes, full disks and other
//! people. Method: the library's own store on files in temporary folders, against models by hand.

mod access;
mod commands;
mod compression;
mod crash;
mod file;
mod full;
mod impact;
mod ledger;
mod model;
mod recheck;
mod scene;
