//! Gives a buffer back while the writer still borrows it.

// error: E0505

pub fn give_back(_buffer: Vec<u8>) {}

pub fn answer(buffer: Vec<u8>) -> usize {
    let wire: &[u8] = &buffer;
    give_back(buffer);
    wire.len()
}
