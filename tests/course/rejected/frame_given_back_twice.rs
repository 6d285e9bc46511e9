//! Gives a buffer back on the error path and once more behind it, as a buffer and not as an index.

// error: E0382

pub fn give_back(_buffer: Vec<u8>) {}

pub fn answer(buffer: Vec<u8>, is_refused: bool) {
    if is_refused {
        give_back(buffer);
    }
    give_back(buffer);
}
