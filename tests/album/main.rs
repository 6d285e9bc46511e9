//! Goal: the promises of the album's file hold through reopening, crashes, full disks and other
//! callers. Method: the library's store on files in temporary folders, compared with models.

mod authorization;
mod backup;
mod clock;
mod commands;
mod compression;
mod compression_colors;
mod crash;
mod credentials;
mod database;
mod deletion;
mod disk_full;
mod fixture;
mod impact;
mod ledger;
mod model;
mod private_file;
mod thumbnail_cache;
mod verify;
