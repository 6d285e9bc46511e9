//! Explores all states of a level, and finds how far each is from a mixed answer.

use std::collections::HashMap;
use std::hash::Hash;

/// Upper bound of the states of a level, so that the page stays small.
const MAX_NODES: usize = 4_000;

/// Holds all states of a level. Node 0 is the state before the first turn.
#[derive(Debug)]
pub struct Graph<S> {
    /// The states, each with its edges.
    pub nodes: Vec<Node<S>>,
}

/// Holds a state and what can follow it.
#[derive(Debug)]
pub struct Node<S> {
    /// The state, as a learner sees it.
    pub state: S,
    /// Letters that can come next, each with the index of the node it leads to.
    pub moves: Vec<(char, usize)>,
    /// Smallest number of turns to a mixed answer, or `None` if none can be mixed any more.
    pub turns_to_mixed: Option<u32>,
    /// Number of complete continuations with a mixed answer.
    pub mixed_words: u64,
    /// Number of all complete continuations.
    pub words: u64,
}

/// Describes a state of a level, and its next letters.
pub(super) struct Position<S> {
    pub(super) state: S,
    pub(super) letters: Vec<char>,
    pub(super) is_mixed: bool,
}

/// Builds the graph of a level, whose `position` returns the position after a word.
///
/// If `state_decides` is true, equal states have equal continuations, and each is explored once.
/// Otherwise every word is explored, and states with equal continuations become one node.
///
/// # Panics
/// Panics if the level has more than 4,000 states.
pub(super) fn build<S: Clone + Eq + Hash>(
    position: &dyn Fn(&str) -> Position<S>,
    state_decides: bool,
) -> Graph<S> {
    let mut builder = Builder {
        position,
        state_decides,
        explored: HashMap::new(),
        merged: HashMap::new(),
        nodes: Vec::new(),
    };
    builder.explore(&mut String::new());
    // The first state was added last.
    let last = builder.nodes.len() - 1;
    let mut nodes = builder.nodes;
    nodes.reverse();
    for node in &mut nodes {
        node.moves.iter_mut().for_each(|(_, to)| *to = last - *to);
    }
    Graph { nodes }
}

struct Builder<'p, S> {
    position: &'p dyn Fn(&str) -> Position<S>,
    state_decides: bool,
    /// Index of the node of each state.
    explored: HashMap<S, usize>,
    /// Index of the node with a state and its edges.
    merged: HashMap<(S, Vec<(char, usize)>), usize>,
    nodes: Vec<Node<S>>,
}

impl<S: Clone + Eq + Hash> Builder<'_, S> {
    /// Adds the node after a word, and all that can follow it. Returns its index.
    fn explore(&mut self, word: &mut String) -> usize {
        let Position { state, letters, is_mixed } = (self.position)(word);
        if let Some(&known) = self.explored.get(&state) {
            return known;
        }
        let mut moves = Vec::new();
        for letter in letters {
            word.push(letter);
            moves.push((letter, self.explore(word)));
            word.pop();
        }
        let key = (state, moves);
        if let Some(&same) = self.merged.get(&key) {
            return same;
        }
        let (state, moves) = key.clone();
        let next = || moves.iter().map(|&(_, to)| &self.nodes[to]);
        let words = if moves.is_empty() { 1 } else { next().map(|node| node.words).sum() };
        let node = Node {
            turns_to_mixed: if is_mixed {
                Some(0)
            } else {
                next().filter_map(|node| node.turns_to_mixed).min().map(|turns| turns + 1)
            },
            mixed_words: if is_mixed { words } else { next().map(|node| node.mixed_words).sum() },
            words,
            state: state.clone(),
            moves: moves.clone(),
        };
        let index = self.nodes.len();
        assert!(index < MAX_NODES, "the level has more than {MAX_NODES} states");
        self.nodes.push(node);
        self.merged.insert(key, index);
        if self.state_decides {
            self.explored.insert(state, index);
        }
        index
    }
}
