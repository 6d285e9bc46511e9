//! What a script may not say, because it contradicts itself or has no bound.

use super::{Platform, Scenario, Timestamp};
use crate::pipelines::PipelineKind;

/// Days that a script covers at most.
const MOST_DAYS: i64 = 31;
/// Shares that are to add up to everything may miss it by so much.
const ROUNDING: f64 = 1e-6;

/// A value, and what is wrong with it.
pub(super) struct Contradiction {
    pub(super) path: String,
    pub(super) why: String,
}

type Checked = Result<(), Contradiction>;

fn hold(holds: bool, path: impl Into<String>, why: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Contradiction { path: path.into(), why: why() }) }
}

/// Refuses what cannot be.
pub(super) fn check(script: &Scenario) -> Checked {
    times(script)?;
    rollout(script)?;
    remedies(script)?;
    people(script)?;
    traffic(script)?;
    fleet(script)?;
    caches(script)?;
    alternatives(script)
}

fn whole(path: &str, number: u64, least: u64, most: u64) -> Checked {
    hold((least..=most).contains(&number), path, || {
        format!("{number} is not from {least} to {most}")
    })
}

fn share(path: &str, share: f64) -> Checked {
    hold((0.0..=1.0).contains(&share), path, || {
        format!("{share} is no share: from 0 to 1, so {} % is not", share * 100.0)
    })
}

/// Shares that must be everything.
fn shares(path: &str, shares: impl Iterator<Item = f64>) -> Checked {
    let mut sum = 0.0;
    for (place, one) in shares.enumerate() {
        self::share(&format!("{path}[{place}].share"), one)?;
        sum += one;
    }
    hold((sum - 1.0).abs() <= ROUNDING, path, || {
        format!("the shares add up to {:.4} %, and must to 100 %", sum * 100.0)
    })
}

fn positive(path: &str, number: f64, most: f64) -> Checked {
    hold(number > 0.0 && number <= most, path, || {
        format!("{number} is not above 0 and up to {most}")
    })
}

fn after(path: &str, at: &Timestamp, what: &str, earlier: &Timestamp) -> Checked {
    hold(at.moment >= earlier.moment, path, || {
        format!("{at} is before {what} ({earlier}): put it after")
    })
}

fn times(script: &Scenario) -> Checked {
    let Scenario { start, end, .. } = script;
    hold(end.moment > start.moment, "end", || format!("{end} is not after the start ({start})"))?;
    let days = (end.moment.millis() - start.moment.millis()) / (24 * 60 * 60 * 1_000);
    hold(days < MOST_DAYS, "end", || {
        format!("{end} is {days} days after the start: at most {MOST_DAYS}")
    })
}

fn rollout(script: &Scenario) -> Checked {
    let (mut before, mut reached) = (&script.start, 0.0);
    for (place, stage) in script.rollout.iter().enumerate() {
        let path = |name: &str| format!("rollout[{place}].{name}");
        let what = if place == 0 { "the start" } else { "the stage before it" };
        after(&path("at"), &stage.at, what, before)?;
        share(&path("share"), stage.share)?;
        hold(stage.share > reached, path("share"), || {
            format!("{} is not more than the {reached} before it", stage.share)
        })?;
        (before, reached) = (&stage.at, stage.share);
    }
    Ok(())
}

fn remedies(script: &Scenario) -> Checked {
    let first = script.rollout.first().map(|stage| &stage.at);
    if let Some(detection) = &script.detection {
        whole("detection.canaries", detection.canaries.into(), 0, 10_000)?;
        let earliest = first.unwrap_or(&script.start);
        after("detection.at", &detection.at, "the rollout", earliest)?;
    }
    if let Some(fix) = &script.fix {
        after("fix.at", &fix.at, "the rollout", first.unwrap_or(&script.start))?;
        let Some(detection) = &script.detection else {
            return hold(false, "fix", || {
                "nothing is fixed that nobody detects: write [detection]".into()
            });
        };
        after("fix.at", &fix.at, "the detection", &detection.at)?;
    }
    if let Some(change) = &script.server_change {
        let Some(fix) = &script.fix else {
            return hold(false, "server_change", || {
                "it follows a fix, and there is none: write [fix]".into()
            });
        };
        after("server_change.from", &change.from, "the fix", &fix.at)?;
        after("server_change.to", &change.to, "its beginning", &change.from)?;
    }
    if let Some(estimate) = &script.estimate {
        after("estimate.from", &estimate.from, "the start", &script.start)?;
        if let Some(fix) = &script.fix {
            hold(estimate.from.moment < fix.at.moment, "estimate.from", || {
                format!(
                    "{} is not before the fix ({}), where the window ends",
                    estimate.from, fix.at
                )
            })?;
        }
        whole("estimate.one_in", estimate.one_in.into(), 1, 1_000_000)?;
    }
    script.platforms.iter().enumerate().try_for_each(|(place, one)| build(script, place, one))
}

fn build(script: &Scenario, place: usize, platform: &Platform) -> Checked {
    let path = |name: &str| format!("platforms[{place}].{name}");
    positive(&path("everybody_in_h"), platform.everybody_in_h, 10_000.0)?;
    let (Some(build), Some(fix)) = (&platform.build, &script.fix) else { return Ok(()) };
    after(&path("build"), build, "the fix", &fix.at)
}

fn people(script: &Scenario) -> Checked {
    let people = &script.people;
    whole("people.people", people.people, 1, 10_000_000_000)?;
    whole("people.aged_days", people.aged_days.into(), 0, 100_000)?;
    shares("people.album_members", people.album_members.iter().map(|size| size.share))?;
    shares("people.album_photos", people.album_photos.iter().map(|size| size.share))?;
    shares("people.album_ages", people.album_ages.iter().map(|age| age.share))?;
    for (place, size) in people.album_members.iter().enumerate() {
        whole(&format!("people.album_members[{place}].members"), size.members.into(), 1, 10_000)?;
    }
    for (place, size) in people.album_photos.iter().enumerate() {
        whole(&format!("people.album_photos[{place}].photos"), size.photos.into(), 1, 100_000)?;
    }
    for (place, age) in people.album_ages.iter().enumerate() {
        whole(&format!("people.album_ages[{place}].days"), age.days.into(), 1, 100_000)?;
    }
    shares("platforms", script.platforms.iter().map(|platform| platform.share))
}

fn traffic(script: &Scenario) -> Checked {
    let views = &script.views;
    whole("views.per_day", views.per_day, 0, 1_000_000_000_000)?;
    whole("views.thumbnails", views.thumbnails.into(), 1, 100)?;
    whole("views.newest_first", views.newest_first.into(), 1, 8)?;
    hold(views.by_hour.len() == 24, "views.by_hour", || {
        format!("{} weights: one for each hour, 24", views.by_hour.len())
    })?;
    for (hour, &weight) in views.by_hour.iter().enumerate() {
        hold((0.0..=1e9).contains(&weight), format!("views.by_hour[{hour}]"), || {
            format!("{weight} is not from 0 to 1e9")
        })?;
    }
    let sum: f64 = views.by_hour.iter().sum();
    hold(sum > 0.0 || views.per_day == 0, "views.by_hour", || {
        format!("{} views a day, and no hour in which they come", views.per_day)
    })
}

fn fleet(script: &Scenario) -> Checked {
    let fleet = &script.fleet;
    whole("fleet.instances", fleet.instances.into(), 1, 4_096)?;
    whole("fleet.cores", fleet.cores.into(), 1, 1_024)?;
    whole("fleet.slots", fleet.slots.into(), 1, 65_536)?;
    whole("fleet.bands", fleet.bands.into(), 1, 128)?;
    whole("fleet.at_work_most", fleet.at_work_most.into(), 1, 4_096)?;
    whole("fleet.queue_most", fleet.queue_most.into(), 0, 65_536)?;
    positive("fleet.conversion_ms", fleet.conversion_ms, 600_000.0)?;
    hold((0.0..1.0).contains(&fleet.spread), "fleet.spread", || {
        format!("{} is not from 0 to below 1", fleet.spread)
    })?;
    share("fleet.decode_share", fleet.decode_share)?;
    share("fleet.encode_share", fleet.encode_share)?;
    let sum = fleet.decode_share + fleet.encode_share;
    hold(sum <= 1.0, "fleet.encode_share", || {
        format!("with decode_share it is {:.4} %: nothing is left for the bands", sum * 100.0)
    })?;
    let slots = u64::from(fleet.slots) * u64::from(fleet.instances);
    let most = 1 << 20;
    hold(fleet.pipeline != PipelineKind::Shared || slots <= most, "fleet.slots", || {
        format!("{slots} slots on all instances: at most {most}")
    })
}

fn caches(script: &Scenario) -> Checked {
    let caches = &script.caches;
    share("caches.service_warm", caches.service_warm)?;
    share("caches.device_warm", caches.device_warm)?;
    whole("caches.service_days", caches.service_days.into(), 1, 3_650)?;
    whole("caches.device_days", caches.device_days.into(), 1, 3_650)
}

fn alternatives(script: &Scenario) -> Checked {
    let what_ifs = &script.what_ifs;
    whole("what_ifs.slots", what_ifs.slots.into(), 1, 65_536)?;
    whole("what_ifs.canaries", what_ifs.canaries.into(), 1, 10_000)?;
    whole("what_ifs.at_work_most", what_ifs.at_work_most.into(), 1, 4_096)?;
    share("what_ifs.first_stage", what_ifs.first_stage)?;
    hold(what_ifs.first_stage > 0.0, "what_ifs.first_stage", || "0 is no stage".into())?;
    positive("what_ifs.first_stage_h", what_ifs.first_stage_h, 744.0)
}
