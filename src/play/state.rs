//! Describes what a learner sees of a level.

/// Describes what a learner sees after some turns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The requests, in the order of the level's users.
    pub requests: Vec<RequestView>,
    /// Owner of the photo in each slot, `·` for an empty one. Empty if the level has no slots.
    pub slots: String,
}

/// Describes what a learner sees of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestView {
    /// Index of the line that the request runs next, or `None` if it has ended.
    pub line: Option<usize>,
    /// Owners of the rows that it shows so far. `∅` is an answer without rows, and `×` a request
    /// that was dropped.
    pub rows: String,
}
