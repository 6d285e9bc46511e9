//! Lists the levels of the page: rings, the repair, a semaphore, and the course's exercises.

use std::num::{NonZeroU32, NonZeroUsize};

use super::exercises::{self, Exercise, Rules};
use super::graph::{self, Graph, Position};
use super::state::{RequestView, State};
use crate::schedule::{Act, Schedule, trace};

/// Holds a level: its texts, its code, and all of its states.
#[derive(Debug)]
pub struct Level {
    /// Name in links to the level, such as `ring`.
    pub name: &'static str,
    /// Title of at most four words.
    pub title: &'static str,
    /// Goal, in one or two sentences.
    pub goal: &'static str,
    /// Explanation that the page shows when the level is solved, or cannot be solved.
    pub lesson: &'static str,
    /// Letters of the requests.
    pub users: &'static str,
    /// Lines of code that each request runs.
    pub code: Vec<&'static str>,
    /// All states.
    pub graph: Graph<State>,
}

/// Bands of each thumbnail.
const BANDS: NonZeroU32 = NonZeroU32::new(2).unwrap();

const RING_CODE: [&str; 4] = [
    "let slot = ring.decode_into_next(photo);",
    "resize(&ring[slot], UPPER_ROWS);",
    "resize(&ring[slot], LOWER_ROWS);",
    "send(encode(thumbnail));",
];

const OWNED_CODE: [&str; 4] = [
    "let frame = decode(photo);",
    "resize(&frame, UPPER_ROWS);",
    "resize(&frame, LOWER_ROWS);",
    "send(encode(thumbnail));",
];

const SEMAPHORE_CODE: [&str; 4] = [
    "let slot = ring.decode_into_next(photo); // with a permit",
    "resize(&ring[slot], UPPER_ROWS);",
    "resize(&ring[slot], LOWER_ROWS);",
    "send(encode(thumbnail)); // gives the permit back",
];

/// Holds a level whose thumbnails are made in bands: its texts, and its requests.
struct RingLevel {
    name: &'static str,
    title: &'static str,
    goal: &'static str,
    lesson: &'static str,
    code: [&'static str; 4],
    ring: Ring,
}

/// Describes the requests of a level whose thumbnails are made in bands.
struct Ring {
    users: &'static str,
    /// Number of slots, or `None` if each request owns its frame.
    slots: Option<NonZeroUsize>,
    /// Upper bound of the requests in flight.
    max_in_flight: usize,
}

/// Lists the levels whose thumbnails are made in bands.
const RING_LEVELS: [RingLevel; 4] = [
    RingLevel {
        name: "ring",
        title: "A ring of one slot",
        goal: "Two requests share one buffer. Choose who runs next, and send A or B a thumbnail \
               with rows of the other's photo.",
        lesson: "Every access was locked. But between two turns of a request, another request may \
                 decode its photo into the same slot.",
        code: RING_CODE,
        ring: Ring { users: "AB", slots: NonZeroUsize::new(1), max_in_flight: 2 },
    },
    RingLevel {
        name: "larger_ring",
        title: "A larger ring",
        goal: "Now there are two slots, and requests take them in turn. Three requests come. Is \
               it harder?",
        lesson: "A ring of any size wraps. A request is lapped as soon as as many others begin as \
                 the ring has slots.",
        code: RING_CODE,
        ring: Ring { users: "ABC", slots: NonZeroUsize::new(2), max_in_flight: 3 },
    },
    RingLevel {
        name: "owned",
        title: "Each request owns",
        goal: "Each request keeps its buffer, and not a number. Try to mix them.",
        lesson: "No order can do it: no other request can name the buffer. There is nothing to \
                 lock.",
        code: OWNED_CODE,
        ring: Ring { users: "AB", slots: None, max_in_flight: 2 },
    },
    RingLevel {
        name: "semaphore",
        title: "A semaphore in front",
        goal: "Two slots, and a semaphore lets two requests in at a time. A third may begin when \
               one has ended. Does that repair the ring?",
        lesson: "One request stalls, and others come and go behind it. Two in flight are enough \
                 to lap it.",
        code: SEMAPHORE_CODE,
        ring: Ring { users: "ABC", slots: NonZeroUsize::new(2), max_in_flight: 2 },
    },
];

/// Returns the end of a link that opens a word in the page, such as `#ring:AAB`. Returns `None` if
/// no level has the word's requests, bands and slots; `slots` is `None` if requests own their
/// frames.
pub(crate) fn link(
    word: &Schedule,
    bands: NonZeroU32,
    slots: Option<NonZeroUsize>,
) -> Option<String> {
    let letters = word.to_string();
    let fits = |Ring { users, slots: ring, max_in_flight }: &Ring| {
        *ring == slots
            && *max_in_flight == users.len()
            && letters.chars().all(|letter| users.contains(letter))
    };
    let level = RING_LEVELS.iter().find(|level| bands == BANDS && fits(&level.ring))?;
    Some(format!("#{}:{letters}", level.name))
}

/// Returns all levels, in the order in which a learner plays them.
pub fn levels() -> Vec<Level> {
    let with_graph = |RingLevel { name, title, goal, lesson, code, ring }| Level {
        name,
        title,
        goal,
        lesson,
        users: ring.users,
        code: code.into(),
        graph: graph::build(&|word| ring.position(word), true),
    };
    let mut levels: Vec<Level> = RING_LEVELS.into_iter().map(with_graph).collect();
    let by_name = |name: &str| exercises::all().into_iter().find(|found| found.name == name);
    levels.extend(EXERCISES.into_iter().filter_map(|(name, title, users, goal)| {
        let Exercise { code, position, .. } = by_name(name)?;
        let max_dropped = usize::from(name == "abandoned_reply");
        let position = |word: &str| position(word, &Rules { users, max_dropped, code: &code });
        let graph = graph::build(&position, false);
        Some(Level { name, title, goal, lesson: LESSON, users, code, graph })
    }));
    levels
}

const LESSON: &str = "A name outlived the thing that it named. Repair it in the course's exercise \
                      of the same name.";

/// Lists the exercises' levels: name, title, requests and goal.
const EXERCISES: [(&str, &str, &str, &str); 10] = [
    (
        "dirty_buffer",
        "A dirty buffer",
        "AB",
        "Of B's upload only one of two rows arrives. Show B more than that.",
    ),
    ("cache_key", "A cache key", "AB", "Both ask for their photo 1. Show B the photo of A."),
    (
        "current_user",
        "The current user",
        "AB",
        "The login stores the user in a variable of the thread. Show A the profile of B.",
    ),
    (
        "abandoned_reply",
        "An abandoned reply",
        "AB",
        "A client may hang up: shift and a letter. Give B the reply that was meant for A.",
    ),
    (
        "single_flight",
        "A single flight",
        "AB",
        "Requests for the same tile share one result. Show B the drawing of A.",
    ),
    (
        "stale_index",
        "A stale index",
        "AB",
        "An event for A's connection is still in the queue when A closes. Let it act on B.",
    ),
    (
        "temporary_file",
        "A temporary file",
        "AB",
        "Both claims come in the same second. Send A the claim of B.",
    ),
    (
        "given_back_twice",
        "Given back twice",
        "ABC",
        "A's header is too large. Send B the response of C.",
    ),
    (
        "still_sending",
        "Still sending",
        "AB",
        "The pool gets the buffer back while it is sent. Send A the response of B.",
    ),
    (
        "recycled_request",
        "A recycled request",
        "AB",
        "A job in the background keeps A's request object. Let it write the name of B.",
    ),
];

impl Ring {
    /// Returns the position of the requests after a word.
    fn position(&self, word: &str) -> Position<State> {
        let steps_each = BANDS.get() as usize + 2;
        let made = |user: char| word.matches(user).count();
        let own_frames = NonZeroUsize::new(self.users.len()).unwrap_or(NonZeroUsize::MIN);
        let slots = self.slots.unwrap_or(own_frames);
        let schedule: Option<Schedule> = word.parse().ok();
        let steps = schedule.as_ref().map_or(Vec::new(), |word| trace(word, BANDS, slots));
        let name = |request| schedule.as_ref().map_or(' ', |word| word.letter(request));
        let rows = |user: char| -> String {
            let own = steps.iter().filter(|step| name(step.step.request) == user);
            own.filter_map(|step| step.shows).map(name).collect()
        };
        let view = |user: char| RequestView {
            line: Some(made(user)).filter(|&line| line < steps_each),
            rows: rows(user),
        };
        let held = steps.last().map_or(&[][..], |step| &step.slots);
        let slot = |slot: usize| held.get(slot).copied().flatten().map_or('·', name);
        let in_flight =
            self.users.chars().filter(|&user| (1..steps_each).contains(&made(user))).count();
        let may_run = |user: &char| match made(*user) {
            0 => in_flight < self.max_in_flight,
            made => made < steps_each,
        };
        let finished = steps.iter().filter(|step| step.act == Act::Finish);
        let mut finished = finished.map(|step| name(step.step.request));
        Position {
            state: State {
                requests: self.users.chars().map(view).collect(),
                slots: self
                    .slots
                    .map_or(String::new(), |slots| (0..slots.get()).map(slot).collect()),
            },
            letters: self.users.chars().filter(may_run).collect(),
            is_mixed: finished.any(|user| rows(user).chars().any(|owner| owner != user)),
        }
    }
}
