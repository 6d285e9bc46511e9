//! Tests the album service over a real socket: every route, every error, access, overload, slow
//! clients and clients that leave. An independent HTTP client talks to a whole server, and compares
//! every response with `/openapi.json`. Where an order matters, the conversion waits until the test
//! releases it, so that nothing depends on luck.

mod access;
mod admission;
mod client;
mod command;
mod connections;
mod conversions;
mod crash;
mod fairness;
mod full_disk;
mod maintenance;
mod mixing;
mod openapi;
mod operations_page;
mod operator;
mod people;
mod photos;
mod problems;
mod protocol;
mod queues;
mod shares;
mod shutdown;
mod slow_clients;
mod test_server;
mod thumbnails;
mod wrong_thumbnails;
