//! Checks a scenario for contradictions and for values outside their bounds.

use super::{Platform, Scenario, Timestamp};
use crate::pipelines::PipelineKind;

/// Maximum number of days that a scenario covers.
const MAX_DAYS: i64 = 31;
/// Maximum number of slots on all nodes together.
const MAX_FLEET_SLOTS: u64 = 1 << 20;
/// Largest deviation from 1 of a sum of shares.
const ROUNDING: f64 = 1e-6;

/// Names a value that contradicts another value or its bounds.
pub(super) struct Contradiction {
    pub(super) path: String,
    pub(super) why: String,
}

type Checked = Result<(), Contradiction>;

fn require(holds: bool, path: impl Into<String>, why: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Contradiction { path: path.into(), why: why() }) }
}

/// Checks all values of a scenario.
pub(super) fn check(scenario: &Scenario) -> Checked {
    times(scenario)?;
    rollout(scenario)?;
    recovery(scenario)?;
    people(scenario)?;
    traffic(scenario)?;
    fleet(scenario)?;
    caches(scenario)?;
    alternatives(scenario)
}

fn range(path: &str, number: impl Into<u64>, min: u64, max: u64) -> Checked {
    let number = number.into();
    require((min..=max).contains(&number), path, || format!("{number} is not from {min} to {max}"))
}

fn share(path: &str, share: f64) -> Checked {
    require((0.0..=1.0).contains(&share), path, || {
        format!("{share} is no share: from 0 to 1, so {} % is not", share * 100.0)
    })
}

/// Checks that shares add up to 1.
fn shares(path: &str, shares: impl Iterator<Item = f64>) -> Checked {
    let mut sum = 0.0;
    for (index, share) in shares.enumerate() {
        self::share(&format!("{path}[{index}].share"), share)?;
        sum += share;
    }
    require((sum - 1.0).abs() <= ROUNDING, path, || {
        format!("the shares add up to {:.4} %, and must add up to 100 %", sum * 100.0)
    })
}

fn positive(path: &str, number: f64, max: f64) -> Checked {
    require(number > 0.0 && number <= max, path, || {
        format!("{number} is not above 0 and at most {max}")
    })
}

fn after(path: &str, at: &Timestamp, what: &str, earlier: &Timestamp) -> Checked {
    require(at.moment >= earlier.moment, path, || {
        format!("{at} is before {what} ({earlier}): use a later time")
    })
}

fn times(scenario: &Scenario) -> Checked {
    let Scenario { start, end, .. } = scenario;
    require(end.moment > start.moment, "end", || {
        format!("{end} is not after the start ({start})")
    })?;
    let days = (end.moment.millis() - start.moment.millis()) / (24 * 60 * 60 * 1_000);
    require(days < MAX_DAYS, "end", || {
        format!("{end} is {days} days after the start: at most {MAX_DAYS}")
    })
}

fn rollout(scenario: &Scenario) -> Checked {
    let (mut before, mut reached) = (&scenario.start, 0.0);
    for (index, stage) in scenario.rollout.iter().enumerate() {
        let path = |name: &str| format!("rollout[{index}].{name}");
        let what = if index == 0 { "the start" } else { "the previous stage" };
        after(&path("at"), &stage.at, what, before)?;
        share(&path("share"), stage.share)?;
        require(stage.share > reached, path("share"), || {
            format!("{} is not more than the previous stage's {reached}", stage.share)
        })?;
        (before, reached) = (&stage.at, stage.share);
    }
    Ok(())
}

fn recovery(scenario: &Scenario) -> Checked {
    let rollout = scenario.rollout.first().map_or(&scenario.start, |stage| &stage.at);
    if let Some(detection) = &scenario.detection {
        range("detection.canaries", detection.canaries, 0, 10_000)?;
        after("detection.at", &detection.at, "the rollout", rollout)?;
    }
    if let Some(fix) = &scenario.fix {
        after("fix.at", &fix.at, "the rollout", rollout)?;
        let Some(detection) = &scenario.detection else {
            return require(false, "fix", || "a fix needs a detection: write [detection]".into());
        };
        after("fix.at", &fix.at, "the detection", &detection.at)?;
    }
    if let Some(change) = &scenario.server_change {
        let Some(fix) = &scenario.fix else {
            return require(false, "server_change", || {
                "a server change needs a fix: write [fix]".into()
            });
        };
        after("server_change.from", &change.from, "the fix", &fix.at)?;
        after("server_change.to", &change.to, "the start of the change", &change.from)?;
    }
    if let Some(estimate) = &scenario.estimate {
        after("estimate.from", &estimate.from, "the start", &scenario.start)?;
        if let Some(fix) = &scenario.fix {
            require(estimate.from.moment < fix.at.moment, "estimate.from", || {
                format!(
                    "{} is not before the fix ({}), where the window ends",
                    estimate.from, fix.at
                )
            })?;
        }
        range("estimate.one_in", estimate.one_in, 1, 1_000_000)?;
    }
    let mut platforms = scenario.platforms.iter().enumerate();
    platforms.try_for_each(|(index, platform)| build(scenario, index, platform))
}

fn build(scenario: &Scenario, index: usize, platform: &Platform) -> Checked {
    let path = |name: &str| format!("platforms[{index}].{name}");
    positive(&path("adoption_h"), platform.adoption_h, 10_000.0)?;
    let (Some(build), Some(fix)) = (&platform.build, &scenario.fix) else { return Ok(()) };
    after(&path("build"), build, "the fix", &fix.at)
}

fn people(scenario: &Scenario) -> Checked {
    let people = &scenario.people;
    range("people.count", people.count, 1, 10_000_000_000)?;
    range("people.min_photo_age_days", people.min_photo_age_days, 0, 100_000)?;
    for (name, values, max) in [
        ("album_members", &people.album_members, 10_000),
        ("album_photos", &people.album_photos, 100_000),
        ("album_age_days", &people.album_age_days, 100_000),
    ] {
        shares(&format!("people.{name}"), values.iter().map(|weighted| weighted.share))?;
        for (index, weighted) in values.iter().enumerate() {
            range(&format!("people.{name}[{index}].value"), weighted.value, 1, max)?;
        }
    }
    shares("platforms", scenario.platforms.iter().map(|platform| platform.share))
}

fn traffic(scenario: &Scenario) -> Checked {
    let views = &scenario.views;
    range("views.per_day", views.per_day, 0, 1_000_000_000_000)?;
    range("views.thumbnails_per_row", views.thumbnails_per_row, 1, 100)?;
    range("views.recency_bias", views.recency_bias, 1, 8)?;
    let weights = &views.hourly_weights;
    require(weights.len() == 24, "views.hourly_weights", || {
        format!("{} weights: write 24, one for each hour", weights.len())
    })?;
    for (hour, &weight) in weights.iter().enumerate() {
        require((0.0..=1e9).contains(&weight), format!("views.hourly_weights[{hour}]"), || {
            format!("{weight} is not from 0 to 1e9")
        })?;
    }
    let sum: f64 = weights.iter().sum();
    require(sum > 0.0 || views.per_day == 0, "views.hourly_weights", || {
        format!("{} views a day, and all weights are 0", views.per_day)
    })
}

fn fleet(scenario: &Scenario) -> Checked {
    let fleet = &scenario.fleet;
    range("fleet.nodes", fleet.nodes, 1, 4_096)?;
    range("fleet.cores", fleet.cores, 1, 1_024)?;
    range("fleet.slots", fleet.slots, 1, 65_536)?;
    range("fleet.bands", fleet.bands, 1, 128)?;
    range("fleet.max_conversions", fleet.max_conversions, 1, 4_096)?;
    range("fleet.max_queue", fleet.max_queue, 0, 65_536)?;
    positive("fleet.conversion_ms", fleet.conversion_ms, 600_000.0)?;
    require((0.0..1.0).contains(&fleet.conversion_spread), "fleet.conversion_spread", || {
        format!("{} is not from 0 to below 1", fleet.conversion_spread)
    })?;
    share("fleet.decode_share", fleet.decode_share)?;
    share("fleet.encode_share", fleet.encode_share)?;
    let sum = fleet.decode_share + fleet.encode_share;
    require(sum <= 1.0, "fleet.encode_share", || {
        format!("with decode_share it is {:.4} %: nothing is left for the bands", sum * 100.0)
    })?;
    let slots = u64::from(fleet.slots) * u64::from(fleet.nodes);
    let ring = fleet.pipeline == PipelineKind::Shared;
    require(!ring || slots <= MAX_FLEET_SLOTS, "fleet.slots", || {
        format!("{slots} slots on all nodes: at most {MAX_FLEET_SLOTS}")
    })
}

fn caches(scenario: &Scenario) -> Checked {
    let caches = &scenario.caches;
    share("caches.service_warm", caches.service_warm)?;
    share("caches.device_warm", caches.device_warm)?;
    range("caches.service_ttl_days", caches.service_ttl_days, 1, 3_650)?;
    range("caches.device_ttl_days", caches.device_ttl_days, 1, 3_650)
}

fn alternatives(scenario: &Scenario) -> Checked {
    let what_ifs = &scenario.what_ifs;
    range("what_ifs.slots", what_ifs.slots, 1, 65_536)?;
    range("what_ifs.canaries", what_ifs.canaries, 1, 10_000)?;
    range("what_ifs.max_conversions", what_ifs.max_conversions, 1, 4_096)?;
    share("what_ifs.first_stage", what_ifs.first_stage)?;
    require(what_ifs.first_stage > 0.0, "what_ifs.first_stage", || "0 is no stage".into())?;
    positive("what_ifs.first_stage_h", what_ifs.first_stage_h, 744.0)
}
