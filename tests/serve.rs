//! The album service over a real socket: every route, every refusal, who may know what, and what
//! happens when too much is asked for, too slowly, or by clients that leave. A client that is not
//! ours talks to a whole server, and every answer is held against `/openapi.json`; where an order
//! matters, the conversion waits until the test lets it go on, so that nothing depends on luck.

#[path = "serve/access.rs"]
mod access;
#[path = "serve/background.rs"]
mod background;
#[path = "serve/client.rs"]
mod client;
#[path = "serve/conversions.rs"]
mod conversions;
#[path = "serve/crossed.rs"]
mod crossed;
#[path = "serve/document.rs"]
mod document;
#[path = "serve/full_disk.rs"]
mod full_disk;
#[path = "serve/killed.rs"]
mod killed;
#[path = "serve/mixing.rs"]
mod mixing;
#[path = "serve/photos.rs"]
mod photos;
#[path = "serve/process.rs"]
mod process;
#[path = "serve/refusals.rs"]
mod refusals;
#[path = "serve/service.rs"]
mod service;
#[path = "serve/stopping.rs"]
mod stopping;
#[path = "serve/thumbnails.rs"]
mod thumbnails;
#[path = "serve/waiting.rs"]
mod waiting;
#[path = "serve/wire.rs"]
mod wire;
