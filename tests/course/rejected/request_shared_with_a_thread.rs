//! Gives a background thread a request object that is counted without atomics.

// error: E0277

use std::cell::Cell;
use std::rc::Rc;

pub fn answer(request: Rc<Cell<char>>) {
    std::thread::spawn(move || println!("{}", request.get()));
}
