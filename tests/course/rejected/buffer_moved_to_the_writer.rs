//! Gives a buffer back after the writer has taken it.

// error: E0382

pub fn give_back(_buffer: Vec<u8>) {}

pub fn answer(buffer: Vec<u8>) {
    std::thread::spawn(move || println!("{buffer:?}"));
    give_back(buffer);
}
