//! Takes in a second copy of the server and of the ledger's writer, in which the build has planted
//! the mistakes of `mistakes.txt`. A mistake is asleep until a test wakes it by its name.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use crate::album::{AlbumId, HashedBytes, PersonId};

include!(concat!(env!("OUT_DIR"), "/planted_server.rs"));

/// Provides the album with the planted copy of the ledger's writer.
pub(crate) mod album {
    pub(crate) use crate::album::*;
    pub(crate) use ledger::Ledger;

    mod ledger {
        pub(crate) use crate::album::Entry;

        include!(concat!(env!("OUT_DIR"), "/planted_ledger.rs"));
        pub(crate) use group_commit::Ledger;
    }
}

thread_local! {
    static AWAKE: Cell<&'static str> = const { Cell::new("") };
    static STAGED: RefCell<HashMap<AlbumId, HashedBytes>> = RefCell::default();
    static QUEUED: RefCell<VecDeque<Bytes>> = RefCell::default();
    static REMEMBERED: RefCell<HashMap<String, PersonId>> = RefCell::default();
    static BUFFER: RefCell<Vec<u8>> = RefCell::default();
}

/// Wakes one mistake on this thread, and forgets what another one left.
pub(crate) fn wake(name: &'static str) {
    AWAKE.set(name);
    forget();
}

/// Forgets what the mistakes share between requests.
pub(crate) fn forget() {
    STAGED.take();
    QUEUED.take();
    REMEMBERED.take();
    BUFFER.take();
}

/// Returns true if this mistake is awake.
pub(crate) fn is(name: &str) -> bool {
    AWAKE.get() == name
}

/// Remembers the person of a token, also after the token has ended.
pub(crate) fn remember(token: &str, found: Option<PersonId>) -> Option<PersonId> {
    if !is("tokens_remembered") {
        return found;
    }
    REMEMBERED.with_borrow_mut(|remembered| match found {
        Some(person) => Some(*remembered.entry(token.to_owned()).or_insert(person)),
        None => remembered.get(token).copied(),
    })
}

/// Stages an upload under its album, where the next upload of the album replaces it.
pub(crate) fn stage(album: AlbumId, file: &HashedBytes) {
    if is("staged_by_album") {
        STAGED.with_borrow_mut(|staged| staged.insert(album, file.clone()));
    }
}

/// Returns the staged upload of an album in place of `file`.
pub(crate) fn staged(album: AlbumId, file: HashedBytes) -> HashedBytes {
    let staged = STAGED.with_borrow_mut(|staged| staged.remove(&album));
    staged.unwrap_or(file)
}

/// Puts a photo's bytes into the queue that all workers take from.
pub(crate) fn enqueue(photo: &Bytes) {
    if is("queue_before_the_worker") {
        QUEUED.with_borrow_mut(|queued| queued.push_back(photo.clone()));
    }
}

/// Takes the oldest bytes of the queue in place of `photo`.
pub(crate) fn dequeue(photo: Bytes) -> Bytes {
    QUEUED.with_borrow_mut(VecDeque::pop_front).unwrap_or(photo)
}

/// Appends to the body's own bytes, or to the buffer that all bodies share.
pub(crate) fn append(bytes: &mut Vec<u8>, data: &Bytes) {
    if is("one_buffer_for_all_bodies") {
        BUFFER.with_borrow_mut(|buffer| buffer.extend_from_slice(data));
    } else {
        bytes.extend_from_slice(data);
    }
}

/// Returns what the shared buffer holds, or the body's own bytes.
pub(crate) fn whole(bytes: Vec<u8>) -> Vec<u8> {
    if is("one_buffer_for_all_bodies") { BUFFER.take() } else { bytes }
}
