//! Checks the history of a service: each byte that a person was shown is of that photo in that
//! version, the person was allowed to see it then, and the ledger tells exactly that.
//!
//! A request has its effect at an unknown point between its begin and its end. So each fact holds
//! in an interval: a photo can be present from the begin of its upload to the end of its deletion.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use crate::fixture::{ALBUMS, Fault, MEMBER, PHOTOS, Version, fixture};

/// Names a photo: the index of its album, and the index of its name.
pub(crate) type Name = (usize, usize);

/// Describes what one person or the operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Upload {
        name: Name,
        photo: usize,
    },
    Delete {
        name: Name,
    },
    Download {
        name: Name,
    },
    /// Asks for a thumbnail, and tells the tag of the device's copy if `conditional`.
    Show {
        name: Name,
        spec: usize,
        conditional: bool,
    },
    Join {
        album: usize,
        person: usize,
    },
    Leave {
        album: usize,
        person: usize,
    },
    Purge,
    Compress,
    Break(Fault),
    Mend,
}

/// Describes an operation, and the polls after which its client gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) gives_up_after: Option<u32>,
}

/// Lists the steps of each person in each phase. The server restarts between two phases.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) phases: Vec<Vec<Vec<Step>>>,
}

/// Records one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) person: usize,
    pub(crate) op: Op,
    pub(crate) from: u64,
    /// End of the operation. The effect of one that gave up can come until the server restarts.
    pub(crate) to: u64,
    pub(crate) answer: Answer,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The client hung up.
    GaveUp,
    /// The operator's work ended, and left nothing to do.
    Done,
    /// The operator's work failed, or left something to do.
    Failed,
    Response {
        status: u16,
        tag: String,
        sent: String,
        body: Bytes,
        problem: String,
    },
}

/// Formats a body by its length: it is a photo.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GaveUp => f.write_str("GaveUp"),
            Self::Done => f.write_str("Done"),
            Self::Failed => f.write_str("Failed"),
            Self::Response { status, tag, sent, body, problem } => {
                write!(f, "{status} {problem} with {} bytes, tag {tag}, sent {sent}", body.len())
            }
        }
    }
}

/// Records the events of an execution, in an order of its own.
pub(crate) struct Recorder(Mutex<Recorded>);

struct Recorded {
    point: u64,
    events: Vec<Event>,
    /// Number of events before this phase.
    earlier: usize,
}

impl Recorder {
    /// Creates a recorder whose first events made what is in the fixture's file.
    pub(crate) fn new() -> Self {
        let made = (0..ALBUMS).flat_map(|owner| {
            let photo = Op::Upload { name: (owner, 0), photo: owner };
            let member = Op::Join { album: owner, person: MEMBER };
            [photo, member].map(|op| {
                let (tag, sent, body, problem) = Default::default();
                let answer = Answer::Response { status: 201, tag, sent, body, problem };
                Event { person: owner, op, from: 0, to: 0, answer }
            })
        });
        Self(Mutex::new(Recorded { point: 0, events: made.collect(), earlier: 0 }))
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next point of the history.
    pub(crate) fn stamp(&self) -> u64 {
        let mut recorded = self.lock();
        recorded.point += 1;
        recorded.point
    }

    pub(crate) fn record(&self, person: usize, op: Op, from: u64, answer: Answer) {
        let to = self.stamp();
        self.lock().events.push(Event { person, op, from, to, answer });
    }

    /// Ends a phase: what has not had its effect by now never has it.
    pub(crate) fn end_phase(&self) {
        let end = self.stamp();
        let mut recorded = self.lock();
        let earlier = recorded.earlier;
        for event in &mut recorded.events[earlier..] {
            // The answer does not tell when the effect came, if it came at all.
            if matches!(event.status(), 0 | 500) && event.answer != Answer::Done {
                event.to = end;
            }
        }
        recorded.earlier = recorded.events.len();
    }

    /// Returns the events in the order of their ends.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events = self.lock().events.clone();
        events.sort_by_key(|event| event.to);
        events
    }
}

/// Counts what the executions of a search have reached, and keeps the events of the last one.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) executions: usize,
    pub(crate) last: Vec<Event>,
    answers: BTreeMap<String, usize>,
}

impl Seen {
    pub(crate) fn add(&mut self, events: Vec<Event>) {
        self.executions += 1;
        for event in events.iter().filter(|event| event.to > 0) {
            let kind = format!("{:?}", event.op);
            let kind = kind.split([' ', '(']).next().unwrap_or_default();
            let answer = match &event.answer {
                Answer::Response { status, problem, .. } if problem.is_empty() => {
                    status.to_string()
                }
                Answer::Response { problem, .. } => problem.clone(),
                other => format!("{other:?}"),
            };
            *self.answers.entry(format!("{kind} {answer}")).or_default() += 1;
        }
        self.last = events;
    }

    /// Returns how often an operation had an answer, as "Show 200".
    pub(crate) fn count(&self, answer: &str) -> usize {
        self.answers.get(answer).copied().unwrap_or_default()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} executions", self.executions)?;
        self.answers.iter().try_for_each(|(answer, count)| write!(f, ", {answer}: {count}"))
    }
}

/// Holds the values of a ledger row that the check needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) is_shown: bool,
    pub(crate) viewer: String,
    pub(crate) album: String,
    pub(crate) name: String,
    pub(crate) photo: i64,
    pub(crate) hash: String,
    pub(crate) spec: usize,
    /// True if every band is of the requested photo.
    pub(crate) is_clean: bool,
}

/// Holds a span of the history, both ends included.
type Span = (u64, u64);

fn overlap(spans: &[Span]) -> bool {
    let begin = spans.iter().map(|span| span.0).max();
    let end = spans.iter().map(|span| span.1).min();
    begin <= end
}

impl Event {
    fn span(&self) -> Span {
        (self.from, self.to)
    }

    fn status(&self) -> u16 {
        match self.answer {
            Answer::Response { status, .. } => status,
            _ => 0,
        }
    }

    /// Returns true if the operation may have had its effect: it had, or the answer does
    /// not tell. A 503 tells that it had none.
    fn may_have_worked(&self) -> bool {
        matches!(self.status(), 0 | 200..=204 | 500)
    }

    fn worked(&self) -> bool {
        matches!(self.status(), 200..=204)
    }
}

/// Holds the events of one execution.
pub(crate) struct History<'e>(pub(crate) &'e [Event]);

impl History<'_> {
    /// Checks every answer.
    ///
    /// # Errors
    /// Returns a sentence about the first answer that no order of the operations explains.
    pub(crate) fn check(&self) -> Result<(), String> {
        let mut copies = HashMap::new();
        for event in self.0 {
            self.check_event(event, &mut copies)?;
        }
        Ok(())
    }

    fn check_event<'h>(
        &'h self,
        event: &'h Event,
        copies: &mut HashMap<&'h str, (&'h Bytes, u64)>,
    ) -> Result<(), String> {
        let Answer::Response { status, tag, sent, body, problem } = &event.answer else {
            return Ok(());
        };
        let wrong = |what: &str| Err(format!("{what}: {event:?}"));
        match (*status, event.op) {
            (200, Op::Show { name, spec, .. }) => {
                copies.entry(tag).or_insert((body, event.from));
                if !self.explains(event, name, |version| version.thumbnails[spec] == body) {
                    return wrong("this thumbnail may not be shown");
                }
            }
            (304, Op::Show { name, spec, .. }) => {
                let Some((copy, received)) = copies.get(&**sent) else {
                    return wrong("a copy that the service did not send is confirmed");
                };
                if !self.explains(event, name, |version| version.thumbnails[spec] == *copy) {
                    return wrong("this copy may not be confirmed");
                }
                let is_purged = self.0.iter().any(|purge| {
                    purge.op == Op::Purge
                        && purge.answer == Answer::Done
                        && *received < purge.from
                        && purge.to < event.from
                        && sent_before(self.0, sent, purge.from)
                });
                if is_purged {
                    return wrong("a purged thumbnail is confirmed");
                }
            }
            (200, Op::Download { name }) => {
                if !self.explains(event, name, |version| version.bytes == body) {
                    return wrong("this photo may not be shown");
                }
            }
            (200, Op::Upload { name, photo }) => {
                if !self.versions(name).iter().any(|(uploaded, present)| {
                    *uploaded == photo && overlap(&[*present, event.span()])
                }) {
                    return wrong("the service has no such photo under this name");
                }
            }
            (404, Op::Show { name, .. } | Op::Download { name }) => {
                if self.is_certain(event, name) {
                    return wrong("this photo is there and may be seen");
                }
            }
            (201, Op::Upload { .. } | Op::Join { .. })
            | (204, _)
            | (403, _)
            | (404, _)
            | (409, _) => {}
            (503, _) if problem != "wrong-thumbnail" => {}
            (500, _) if problem == "outcome-unknown" => {}
            _ => return wrong("an answer that no model explains"),
        }
        Ok(())
    }

    /// Returns true if the person could see a version of this photo that `shows` accepts.
    fn explains(&self, event: &Event, name: Name, shows: impl Fn(&Version) -> bool) -> bool {
        self.versions(name).iter().any(|(photo, present)| {
            let photo = &fixture().photos[*photo];
            let stages = [
                (&photo.original, (present.0, self.compressed_at(*present))),
                (&photo.compressed, (self.first_compression(), u64::MAX)),
            ];
            stages.iter().any(|(version, stage)| {
                shows(version)
                    && self
                        .memberships(name.0, event.person)
                        .iter()
                        .any(|member| overlap(&[event.span(), *present, *stage, *member]))
            })
        })
    }

    /// Returns the spans in which photos can be present under a name, each with its photo.
    fn versions(&self, name: Name) -> Vec<(usize, Span)> {
        let uploads = self.0.iter().filter(|event| event.may_have_worked());
        uploads
            .filter_map(|event| match event.op {
                Op::Upload { name: uploaded, photo } if uploaded == name => {
                    let gone = self.end(event, Op::Delete { name });
                    (event.status() != 200).then_some((photo, (event.from, gone)))
                }
                _ => None,
            })
            .collect()
    }

    /// Returns the spans in which a person can be a member of an album.
    fn memberships(&self, album: usize, person: usize) -> Vec<Span> {
        if album == person {
            return vec![(0, u64::MAX)];
        }
        let joins = self.0.iter().filter(|event| event.may_have_worked());
        joins
            .filter(|event| event.op == Op::Join { album, person })
            .map(|event| (event.from, self.end(event, Op::Leave { album, person })))
            .collect()
    }

    /// Returns the end of the first `ending` that worked and certainly came after `begin`.
    fn end(&self, begin: &Event, ending: Op) -> u64 {
        let endings = self.0.iter().filter(|event| event.op == ending && event.worked());
        endings
            .filter(|event| begin.to < event.from)
            .map(|event| event.to)
            .min()
            .unwrap_or(u64::MAX)
    }

    fn first_compression(&self) -> u64 {
        let runs = self.0.iter().filter(|event| event.op == Op::Compress);
        runs.map(|event| event.from).min().unwrap_or(u64::MAX)
    }

    /// Returns the end of the first complete compression that certainly found this photo.
    fn compressed_at(&self, present: Span) -> u64 {
        let uploaded = self.0.iter().find(|event| event.from == present.0);
        let since = uploaded.map_or(u64::MAX, |event| event.to);
        let runs = self.0.iter().filter(|event| {
            event.op == Op::Compress && event.answer == Answer::Done && since < event.from
        });
        runs.map(|event| event.to).min().unwrap_or(u64::MAX)
    }

    /// Returns true if, in any order of the operations, the person could see a photo of this name
    /// during the whole event.
    fn is_certain(&self, event: &Event, name: Name) -> bool {
        let holds = |begins: &dyn Fn(&Event) -> bool, ends: &dyn Fn(Op) -> bool| {
            self.0.iter().any(|begin| {
                begins(begin)
                    && begin.worked()
                    && begin.to < event.from
                    && !self.0.iter().any(|end| {
                        ends(end.op)
                            && end.may_have_worked()
                            && begin.from <= end.to
                            && end.from <= event.to
                    })
            })
        };
        let is_present = holds(
            &|begin| matches!(begin.op, Op::Upload { name: uploaded, .. } if uploaded == name),
            &|end| end == Op::Delete { name },
        );
        let (album, person) = (name.0, event.person);
        let is_member = album == person
            || holds(&|begin| begin.op == Op::Join { album, person }, &|end| {
                end == Op::Leave { album, person }
            });
        is_present && is_member
    }

    /// Checks that the ledger tells what people were shown, and nothing else.
    ///
    /// # Errors
    /// Returns a sentence about a row or an answer without the other.
    pub(crate) fn check_ledger(&self, rows: &[Row]) -> Result<(), String> {
        let mut photos: BTreeMap<i64, (&str, &str, Vec<usize>)> = BTreeMap::new();
        for row in rows {
            let kinds = kinds_of(&row.hash, row.spec);
            if !row.is_clean || kinds.is_empty() {
                return Err(format!("a row of no photo: {row:?}"));
            }
            let known = photos.entry(row.photo).or_insert((&row.album, &row.name, kinds.clone()));
            known.2.retain(|kind| kinds.contains(kind));
            if (known.0, known.1) != (&row.album, &row.name) || known.2.is_empty() {
                return Err(format!("a photo with two names or two pictures: {row:?}"));
            }
            let asked = self.0.iter().any(|event| is_request_of(event, row));
            if !asked {
                return Err(format!("a row of a viewer that did not ask: {row:?}"));
            }
        }
        self.check_shown(rows)
    }

    fn check_shown(&self, rows: &[Row]) -> Result<(), String> {
        let shown: Vec<&Row> = rows.iter().filter(|row| row.is_shown).collect();
        let mut told: Vec<(usize, Name, usize, String)> = Vec::new();
        for event in self.0 {
            let Op::Show { name, spec, .. } = event.op else { continue };
            // A 304 shows nothing.
            let Answer::Response { status: 200, body, .. } = &event.answer else { continue };
            told.push((event.person, name, spec, hash(body)));
        }
        let fixture = fixture();
        for (person, name, spec, hash) in &told {
            let matches = |row: &&&Row| {
                row.viewer == fixture.people[*person].id
                    && row.album == fixture.albums[name.0]
                    && row.name == fixture.names[name.1]
                    && (row.spec, &row.hash) == (*spec, hash)
            };
            let answers =
                told.iter().filter(|other| *other == &(*person, *name, *spec, hash.clone()));
            let (answers, rows) = (answers.count(), shown.iter().filter(matches).count());
            if rows < answers {
                return Err(format!("{answers} answers and {rows} rows of {person} and {name:?}"));
            }
        }
        for row in &shown {
            let same = |other: &&&Row| {
                (&other.viewer, &other.album, &other.name, other.spec)
                    == (&row.viewer, &row.album, &row.name, row.spec)
            };
            let rows = shown.iter().filter(same).count();
            // A request writes at most one row. It can do so after its client has left.
            let could_show = |event: &&Event| {
                is_request_of(event, row) && matches!(event.status(), 0 | 200 | 503)
            };
            let requests = self.0.iter().filter(could_show).count();
            if rows > requests {
                return Err(format!("{rows} rows of {requests} requests: {row:?}"));
            }
        }
        Ok(())
    }
}

/// Returns true if every answer with this tag was sent before a point.
fn sent_before(events: &[Event], sent: &str, point: u64) -> bool {
    let mut answers = events.iter().filter(
        |event| matches!(&event.answer, Answer::Response { status: 200, tag, .. } if tag == sent),
    );
    answers.all(|event| event.to < point)
}

fn is_request_of(event: &Event, row: &Row) -> bool {
    let fixture = fixture();
    matches!(event.op, Op::Show { name, spec, .. }
        if spec == row.spec
            && fixture.people[event.person].id == row.viewer
            && fixture.albums[name.0] == row.album
            && fixture.names[name.1] == row.name)
}

/// Returns the photos of which one version has this thumbnail.
fn kinds_of(thumbnail: &str, spec: usize) -> Vec<usize> {
    let is_of = |version: &Version| hash(&version.thumbnails[spec]) == thumbnail;
    (0..PHOTOS)
        .filter(|kind| {
            let photo = &fixture().photos[*kind];
            is_of(&photo.original) || is_of(&photo.compressed)
        })
        .collect()
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_string()
}
