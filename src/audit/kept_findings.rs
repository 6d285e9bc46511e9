//! Keeps a bounded number of findings, spread over steps, kinds and time, and pairs crossed ones.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;

use super::evidence::{Evidence, FindingKind};
use super::workload::PlannedRequest;

/// Upper bound of the findings of one kind that is not mixing.
const MAX_MILD_FINDINGS: usize = 3;

/// Upper bound of the latest whole swaps among which the other half of a crossing is looked for.
const MAX_RECENT: usize = 256;

/// Holds a piece of evidence with its request and its image.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Defect of the response.
    pub evidence: Evidence,
    /// Request that got the response.
    pub request: PlannedRequest,
    /// Requests in flight when the request was sent, itself included.
    pub in_flight: usize,
    /// Index of the step of the load, from 0.
    pub step: usize,
    /// Time from sending the request to its response, since the load began.
    pub at: Range<Duration>,
    /// File of the image, as received.
    pub image: Bytes,
}

/// Groups findings that look alike in a report: their kind, and their step of the load.
type Group = (FindingKind, usize);

/// Selects the findings that are kept, and remembers what it has seen in bounded memory.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    max_mixing: usize,
    seen: BTreeMap<Group, u64>,
    recent: VecDeque<WholeSwap>,
    random: Rng,
}

/// Describes an answer that shows one other photo only.
#[derive(Clone, Debug)]
struct WholeSwap {
    number: u64,
    requested: usize,
    shown: usize,
    at: Range<Duration>,
}

impl Default for Selection {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Selection {
    /// Creates a selection that keeps at most `max_mixing` findings of mixing.
    pub(crate) fn new(max_mixing: usize) -> Self {
        let random = Rng::with_seed(1);
        Self { max_mixing, seen: BTreeMap::new(), recent: VecDeque::new(), random }
    }

    /// Adds a finding to those that are kept, if it has room or is rarer than another one.
    ///
    /// While the findings are full, the largest group gives room to smaller ones. Within a group
    /// every finding is kept with the same probability, so that the kept ones are spread over time.
    pub(crate) fn add(&mut self, kept: &mut Vec<Finding>, finding: Finding) {
        let kind = finding.evidence.kind;
        let is_peer = |other: &Finding| match kind.is_mixing() {
            true => other.evidence.kind.is_mixing(),
            false => other.evidence.kind == kind,
        };
        let capacity = if kind.is_mixing() { self.max_mixing } else { MAX_MILD_FINDINGS };
        let group = group(&finding);
        let seen = self.seen.entry(group).or_default();
        *seen += 1;
        if kept.iter().filter(|other| is_peer(other)).count() < capacity {
            kept.push(finding);
            return;
        }
        let mut counts: BTreeMap<Group, usize> = BTreeMap::new();
        for other in kept.iter().filter(|other| is_peer(other)) {
            *counts.entry(self::group(other)).or_default() += 1;
        }
        let own = counts.get(&group).copied().unwrap_or_default();
        let largest = counts.into_iter().max_by_key(|(_, count)| *count);
        let Some((largest, most)) = largest else { return };
        if own + 1 < most || own == 0 && most > 1 {
            let last = kept.iter().rposition(|other| self::group(other) == largest);
            last.into_iter().for_each(|last| kept[last] = finding.clone());
            return;
        }
        let drawn = self.random.u64(0..*seen);
        let mut members = kept.iter_mut().filter(|other| self::group(other) == group);
        if let Some(member) = members.nth(usize::try_from(drawn).unwrap_or(usize::MAX)) {
            *member = finding;
        }
    }

    /// Returns true if a whole swap is one half of a crossing, two concurrent requests that got
    /// each other's photos. Marks both findings as crossed.
    pub(crate) fn cross(&mut self, kept: &mut [Finding], finding: &mut Finding) -> bool {
        let (FindingKind::Whole, Some(shown)) = (finding.evidence.kind, finding.evidence.photo)
        else {
            return false;
        };
        let request = finding.request;
        let swap = WholeSwap {
            number: request.number,
            requested: request.photo,
            shown,
            at: finding.at.clone(),
        };
        let other = self.recent.iter().position(|other| {
            (other.requested, other.shown) == (swap.shown, swap.requested)
                && other.at.start < swap.at.end
                && swap.at.start < other.at.end
        });
        let Some(other) = other.and_then(|index| self.recent.remove(index)) else {
            self.recent.push_back(swap);
            if self.recent.len() > MAX_RECENT {
                self.recent.pop_front();
            }
            return false;
        };
        let is_other = |kept: &&mut Finding| {
            kept.request.number == other.number && kept.evidence.kind == FindingKind::Whole
        };
        kept.iter_mut().filter(is_other).for_each(|f| f.evidence.kind = FindingKind::Crossed);
        finding.evidence.kind = FindingKind::Crossed;
        true
    }
}

fn group(finding: &Finding) -> Group {
    (finding.evidence.kind, finding.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: FindingKind, step: usize, number: u64) -> Finding {
        let second = |seconds| Duration::from_secs(seconds);
        Finding {
            evidence: Evidence::of_image(kind, 1, 8),
            request: PlannedRequest { number, photo: 0, copy: 0, viewer: 0, size: 8, fit: None },
            in_flight: 1,
            step,
            at: second(number)..second(number + 1),
            image: Bytes::new(),
        }
    }

    #[test]
    fn kept_findings_are_spread_over_steps_kinds_and_time() {
        let (mut selection, mut kept) = (Selection::new(8), Vec::new());
        for number in 0..1000 {
            selection.add(&mut kept, finding(FindingKind::Rows, 0, number));
        }
        assert_eq!(kept.len(), 8);
        let late = kept.iter().filter(|kept| kept.request.number >= 500).count();
        assert!((2..=6).contains(&late), "{late} of 8 are of the second half");
        for number in 1000..1003 {
            selection.add(&mut kept, finding(FindingKind::Rows, 1, number));
            selection.add(&mut kept, finding(FindingKind::Blend, 1, number));
        }
        let count = |group: Group| kept.iter().filter(|kept| self::group(kept) == group).count();
        let groups = [(FindingKind::Rows, 0), (FindingKind::Rows, 1), (FindingKind::Blend, 1)];
        assert!(groups.map(count).iter().all(|&count| count >= 2), "{:?}", groups.map(count));
        assert_eq!(kept.len(), 8);
    }

    #[test]
    fn a_kind_that_is_no_mixing_keeps_three() {
        let (mut selection, mut kept) = (Selection::new(8), Vec::new());
        for number in 0..100 {
            selection.add(&mut kept, finding(FindingKind::Size, 0, number));
            selection.add(&mut kept, finding(FindingKind::Stale, 0, number));
        }
        assert_eq!(kept.len(), 2 * MAX_MILD_FINDINGS);
    }

    #[test]
    fn a_crossing_is_two_concurrent_swaps_that_show_each_other() {
        let mut selection = Selection::new(8);
        let mut swap = |number, requested, shown| {
            let mut finding = finding(FindingKind::Whole, 0, number);
            (finding.request.photo, finding.evidence.photo) = (requested, Some(shown));
            finding.at = Duration::from_secs(number)..Duration::from_secs(number + 2);
            selection.cross(&mut [], &mut finding)
        };
        assert!(!swap(0, 1, 2));
        assert!(swap(1, 2, 1), "the two overlap in time");
        assert!(!swap(2, 1, 2), "a swap belongs to one crossing only");
        assert!(!swap(10, 2, 1), "the two do not overlap");
    }
}
