//! Goal: the promises of the album's file hold through reopening, crashes, full disks and other
//! callers. Method: the library's store on files in temporary folders, compared with models.

mod authorization;
mod commands;
mod compression;
mod compression_colors;
mod crash;
mod database;
mod disk_full;
mod fixture;
mod impact;
mod ledger;
mod model;
mod thumbnail_cache;
mod verify;
