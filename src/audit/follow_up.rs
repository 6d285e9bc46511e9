//! Sends short loads after the audit's own, to find out what the mixing depends on.
//!
//! The first one has a single request in flight. If it mixes nothing, a bisection looks for the
//! smallest number of requests in flight that does. All of it ends within a budget.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::causes::{Causes, Trial, TruncatedTrial};
use super::checkers::{CHANNEL_CAPACITY, start_checkers};
use super::load_generator::{LoadContext, LoadModel, LoadStep, queue_memory};
use super::response_check::ResponseChecker;
use super::shell_command::shell_command;
use super::spec::Mode;
use super::stats::AuditStats;
use super::workload::{PlannedRequest, Workload};

/// Upper bound of the loads of a follow-up.
pub(crate) const MAX_TRIALS: usize = 8;

/// Number of conversions and mixed answers after which a load with one request in flight ends.
const ALONE_ANSWERS: u64 = 48;

/// Expected mixed answers of a load that is as bad as the best step with any.
const EXPECTED_MIXED: f64 = 4.0;

/// Number of times that a request with a wrong answer is sent again.
const REPEATS: usize = 2;

/// Upper bound of the time between two checks for an interruption.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Describes the load that a follow-up follows.
pub(crate) struct FollowUp<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) workload: &'a Arc<Workload>,
    pub(crate) stats: &'a AuditStats,
    /// Share of the requests that the loads give up, 0 to 1.
    pub(crate) hang_up: f64,
    /// True if the smallest number of requests in flight is looked for.
    pub(crate) bisects: bool,
    /// Upper bound of the time of all loads.
    pub(crate) budget: Duration,
}

impl FollowUp<'_> {
    /// Finds the causes of the mixed answers. `goes_on` returns false if the caller ends the audit.
    ///
    /// # Errors
    /// Returns an error if the system gives no threads.
    pub(crate) fn run(&self, goes_on: &mut dyn FnMut() -> bool) -> std::io::Result<Causes> {
        let start = Instant::now();
        let sticky = self.is_sticky();
        let truncated_alone = self.truncated_alone();
        // A load without enough answers tells nothing if it is clean.
        let mut trials: Vec<Trial> = Vec::new();
        let is_enough = |stats: &AuditStats| told(stats) >= ALONE_ANSWERS;
        trials.extend(self.trial(0, 1, start, goes_on, &is_enough)?);
        let mut tried = 1;
        let causes = Causes::new(self.stats, trials.clone());
        let share = self.stats.mixed as f64 / self.stats.answers.max(1) as f64;
        let enough = (EXPECTED_MIXED / share.max(0.002)) as u64;
        let (clean, mixed) = (causes.max_clean_in_flight, causes.min_in_flight);
        if let (true, Some(clean), Some(mixed)) = (self.bisects, clean, mixed) {
            bisect(clean, mixed, MAX_TRIALS - tried, |in_flight| {
                if start.elapsed() >= self.budget || !goes_on() {
                    return Ok::<_, std::io::Error>(None);
                }
                let is_enough = |stats: &AuditStats| stats.mixed > 0 || told(stats) >= enough;
                let trial = self.trial(tried, in_flight, start, goes_on, &is_enough)?;
                tried += 1;
                trials.extend(trial);
                Ok(trial.map(|trial| trial.mixed > 0))
            })?;
        }
        let mut causes = Causes::new(self.stats, trials);
        causes.sticky = sticky;
        causes.truncated_alone = truncated_alone;
        causes.commands = self.commands();
        Ok(causes)
    }

    /// Runs a closed loop until it has enough answers, or until half of the budget's rest is over.
    /// Returns `None` if it has too few of them, and none is mixed.
    fn trial(
        &self,
        earlier: usize,
        in_flight: usize,
        start: Instant,
        goes_on: &mut dyn FnMut() -> bool,
        is_enough: &dyn Fn(&AuditStats) -> bool,
    ) -> std::io::Result<Option<Trial>> {
        let index = self.stats.steps.len() + earlier;
        let load = LoadModel::Closed(in_flight);
        let mut stats = AuditStats::new(&vec![load; index + 1], 0);
        stats.expect_repeats_of(self.stats);
        let (stop, stopped) = watch::channel(false);
        let (send_checked, checked) = sync_channel(CHANNEL_CAPACITY);
        let Workload { target, photos, .. } = &**self.workload;
        let checkers = start_checkers(target, photos, &send_checked)?;
        drop(send_checked);
        let context = LoadContext {
            workload: Arc::clone(self.workload),
            // An abandoned request would go on beside the next one.
            hang_up: if in_flight == 1 { 0.0 } else { self.hang_up },
            warm_up: Duration::ZERO,
            duration: self.budget.saturating_sub(start.elapsed()) / 2,
            began: tokio::time::Instant::from_std(start),
            stop: stopped,
            checkers,
            memory: queue_memory(),
            counts: Arc::new(Mutex::new(vec![Default::default(); index + 1])),
        };
        self.runtime.spawn(LoadStep::new(context, index, load).run());
        loop {
            match checked.recv_timeout(POLL_INTERVAL) {
                Ok(checked) => stats.add(photos, checked),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if is_enough(&stats) || !goes_on() {
                // Checkers that wait to hand over a response then see that the channel is closed.
                let _ = stop.send(true);
                break;
            }
        }
        let tells = stats.mixed > 0 || is_enough(&stats);
        Ok(tells.then(|| Trial::new(in_flight, &stats, self.stats)))
    }

    /// Returns the request with the first kept wrong answer for a whole photo, and the photo that
    /// the answer showed.
    fn wrong(&self) -> Option<(PlannedRequest, usize)> {
        let photos = &self.workload.photos;
        let findings = self.stats.findings.iter().filter(|f| f.evidence.kind.is_mixing());
        let mut wrong = findings.filter(|finding| !photos.all[finding.request.photo].truncated);
        wrong.find_map(|finding| Some((finding.request, finding.evidence.photo?)))
    }

    /// Returns true if the request with a wrong answer gets wrong bytes that are known, each time.
    fn is_sticky(&self) -> Option<bool> {
        let (request, _) = self.wrong()?;
        let Workload { target, photos, .. } = &**self.workload;
        let checker = ResponseChecker::new(target, photos);
        let mut connection = None;
        let mut is_sticky = None;
        for _ in 0..REPEATS {
            let response = self.workload.send(&mut connection, request);
            let response = self.runtime.block_on(response).ok()?;
            let image = checker.check_image(request.photo, request.fit, &response.body)?;
            let again = self.stats.pattern.knows_mixed(&image.hash)?;
            is_sticky = Some(is_sticky.unwrap_or(true) && again);
        }
        is_sticky
    }

    /// Requests each truncated photo behind another person's whole one, if answers for truncated
    /// photos were mixed.
    fn truncated_alone(&self) -> TruncatedTrial {
        let Workload { target, photos, available, whole, .. } = &**self.workload;
        let checker = ResponseChecker::new(target, photos);
        let (mut connection, mut trial) = (None, TruncatedTrial::default());
        let truncated = available[*whole..].iter().filter(|_| self.stats.truncated_mixed > 0);
        for &photo in truncated {
            let of_another = |other: &&usize| photos.all[**other].owner != photos.all[photo].owner;
            let before = available[..*whole].iter().find(of_another);
            for photo in before.into_iter().chain([&photo]) {
                let request = self.workload.request_for(*photo);
                let response = self.runtime.block_on(self.workload.send(&mut connection, request));
                let image = response.ok().and_then(|response| {
                    checker.check_image(request.photo, request.fit, &response.body)
                });
                let Some(image) = image.filter(|_| photos.all[*photo].truncated) else { continue };
                trial.answers += 1;
                trial.mixed += u64::from(image.evidence.iter().any(|e| e.is_sufficient));
            }
        }
        trial
    }

    /// Returns the commands that send the wrongly answered request again, and the request for the
    /// photo that was shown.
    fn commands(&self) -> Vec<String> {
        let Some((request, shown)) = self.wrong() else { return Vec::new() };
        let viewer = self.workload.photos.all[shown].owner;
        // In push mode a copy that was uploaded belongs to one photo.
        let is_push = self.workload.target.mode == Mode::Push;
        let copy = if is_push { 0 } else { request.copy };
        let other = PlannedRequest { photo: shown, viewer, copy, ..request };
        let requests = [(request, "asked.jpg"), (other, "shown.jpg")];
        let commands = requests.into_iter();
        commands.map(|(request, file)| shell_command(&self.workload.shown(request), file)).collect()
    }
}

/// Returns the number of answers that tell whether a load mixes: an answer from a cache does not.
fn told(stats: &AuditStats) -> u64 {
    stats.conversions + stats.mixed
}

/// Looks for the smallest number that is mixed, between one that is clean and one that is mixed.
/// `is_mixed` returns `None` if it cannot tell, which ends the search.
fn bisect<E>(
    mut clean: usize,
    mut mixed: usize,
    max_trials: usize,
    mut is_mixed: impl FnMut(usize) -> Result<Option<bool>, E>,
) -> Result<usize, E> {
    for _ in 0..max_trials {
        if clean + 1 >= mixed {
            break;
        }
        let middle = clean.midpoint(mixed);
        match is_mixed(middle)? {
            Some(true) => mixed = middle,
            Some(false) => clean = middle,
            None => break,
        }
    }
    Ok(mixed)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn the_smallest_mixed_number_is_found_within_the_trials() {
        for least in 2..=64 {
            let mut trials = 0;
            let found: Result<_, Infallible> = bisect(1, 64, MAX_TRIALS, |in_flight| {
                trials += 1;
                assert!((2..64).contains(&in_flight));
                Ok(Some(in_flight >= least))
            });
            assert_eq!(found, Ok(least));
            assert!(trials <= 6, "{trials}");
        }
        let unclear: Result<_, Infallible> = bisect(1, 64, MAX_TRIALS, |_| Ok(None));
        assert_eq!(unclear, Ok(64));
    }
}
