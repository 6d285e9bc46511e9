//! The load over time, in as many parts as fit on paper.

use std::time::Duration;

/// Parts that are kept, at most. When there are more, two become one.
const MOST: usize = 240;

/// What happened in one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeBucket {
    /// Requests that ended.
    pub ended: u64,
    /// The most in flight.
    pub in_flight: usize,
    /// Mixed answers.
    pub mixed: u64,
}

/// The parts, one after the other.
#[derive(Clone, Debug)]
pub struct TimeSeries {
    /// How long a part is.
    pub each: Duration,
    /// The parts.
    pub parts: Vec<TimeBucket>,
}

impl Default for TimeSeries {
    fn default() -> Self {
        Self { each: Duration::from_millis(250), parts: Vec::new() }
    }
}

impl TimeSeries {
    /// Counts a request that ended so long after the load began.
    pub(crate) fn add(&mut self, at: Duration, in_flight: usize, mixed: bool) {
        let mut place = self.place(at);
        while place >= MOST {
            self.fold();
            place = self.place(at);
        }
        if self.parts.len() <= place {
            self.parts.resize(place + 1, TimeBucket::default());
        }
        let part = &mut self.parts[place];
        part.ended += 1;
        part.in_flight = part.in_flight.max(in_flight);
        part.mixed += u64::from(mixed);
    }

    fn place(&self, at: Duration) -> usize {
        (at.as_nanos() / self.each.as_nanos()) as usize
    }

    fn fold(&mut self) {
        self.each *= 2;
        let fold = |two: &[TimeBucket]| {
            two.iter().fold(TimeBucket::default(), |sum, part| TimeBucket {
                ended: sum.ended + part.ended,
                in_flight: sum.in_flight.max(part.in_flight),
                mixed: sum.mixed + part.mixed,
            })
        };
        self.parts = self.parts.chunks(2).map(fold).collect();
    }
}

#[test]
fn a_long_load_takes_no_more_parts_than_a_short_one_and_loses_nothing() {
    let mut timeline = TimeSeries::default();
    for second in 0..100_000 {
        timeline.add(Duration::from_secs(second), 3, second % 10 == 0);
    }
    assert!(timeline.parts.len() <= MOST);
    assert_eq!(timeline.parts.iter().map(|part| part.ended).sum::<u64>(), 100_000);
    assert_eq!(timeline.parts.iter().map(|part| part.mixed).sum::<u64>(), 10_000);
}
